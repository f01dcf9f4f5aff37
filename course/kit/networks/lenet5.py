"""LeNet-5 (1998), which read the amounts on bank cheques."""

from course.kit.networks.architecture import Architecture

RELU = {"type": "relu"}

LENET5 = Architecture(
    name="LeNet-5",
    year=1998,
    input_shape=(1, 32, 32),
    layers=[
        {"type": "conv", "filters": 6, "size": 5, "name": "C1"},
        RELU,
        {"type": "pool", "kind": "average", "name": "S2"},
        {"type": "conv", "filters": 16, "size": 5, "name": "C3"},
        RELU,
        {"type": "pool", "kind": "average", "name": "S4"},
        {"type": "conv", "filters": 120, "size": 5, "name": "C5"},
        RELU,
        {"type": "fc", "outputs": 84, "name": "F6"},
        RELU,
        {"type": "fc", "outputs": 10, "name": "output"},
    ],
    parameters=61_706,
    source="assertion in the test of DeepSpeed's flops profiler, test_flops_profiler.py, for "
    "its LeNet-5; the paper says 60,000",
    paper="LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document "
    "Recognition, 1998, section II.B",
    note="The paper's 60,000 = 156 + 12 + 1,516 + 32 + 48,120 + 10,164. The modern form has "
    "900 more in C3 (each of its maps sees all 6 maps of S2, not 3 to 6 of them), 44 less "
    "in S2 and S4 (they learned a factor and a bias per map) and 850 more in the output "
    "(then fixed prototypes, now an fc layer). Squashing was a scaled tanh, not a ReLU.",
)
