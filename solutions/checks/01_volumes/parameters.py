"""Numbers to learn in a convolutional layer, a dense one, and one that shares nothing."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def cases(t, conv_parameters, dense_parameters, unshared_parameters):
    conv, dense, unshared = conv_parameters, dense_parameters, unshared_parameters
    t.case("conv: 96 filters of 11 x 11 x 3", conv(3, 96, 11), 34_944)
    t.case("conv: the same, no bias", conv(3, 96, 11, bias=False), 34_848)
    t.case("conv: 10 filters of 3 x 3 x 3", conv(3, 10, 3), 280)
    t.case("conv: 10 filters of 3 x 3 x 10", conv(10, 10, 3), 910)
    t.case("conv: one neuron of 5 x 5 x 3", conv(3, 1, 5), 76)
    t.case("conv: 3 x 3 x 20, no bias", conv(20, 1, 3, bias=False), 180)
    t.case("conv: a bias, asked for", conv(2, 4, 3, bias=True), 76)
    t.case("dense: 3072 inputs, 10 outputs", dense(3072, 10), 30_730)
    neuron = dense(200 * 200 * 3, 1, bias=False)
    t.case("dense: one neuron on 200 x 200 x 3, no bias", neuron, 120_000)
    t.case("dense: a layer of 84 inputs and 40 outputs", dense(84, 40), 3_400)
    t.case("dense: a bias, asked for", dense(3, 4, bias=True), 16)
    t.case("unshared: two filters of 3 x 3 x 2", unshared(2, 2, 3, 4, 5), 760)
    t.case("unshared: three filters of 3 x 3 x 2", unshared(2, 3, 3, 4, 5), 1_140)
    no_bias = unshared(3, 30, 5, 32, 32, bias=False)
    t.case("unshared: 30 filters of 5 x 5 x 3, no bias", no_bias, 2_304_000)
    t.case("unshared: a bias, asked for", unshared(2, 2, 3, 4, 5, bias=True), 760)
    t.case("unshared: AlexNet", unshared(3, 96, 11, 55, 55), 105_705_600)


def hidden(t, conv_parameters, dense_parameters, unshared_parameters):
    for C, K, F, HO, WO in [(1, 1, 1, 1, 1), (4, 5, 3, 2, 7), (7, 2, 6, 3, 1)]:
        for bias in (True, False):
            case = f"C {C}, K {K}, F {F}, output {HO} x {WO}, bias {bias}"
            want = np.zeros((K, C, F, F)).size + bias * K
            t.case(f"conv: {case}", conv_parameters(C, K, F, bias=bias), want)
            want = np.zeros((K, C * F)).size + bias * K
            t.case(f"dense: {case}", dense_parameters(C * F, K, bias=bias), want)
            want = np.zeros((HO, WO, K, C, F, F)).size + bias * HO * WO * K
            call = unshared_parameters(C, K, F, HO, WO, bias=bias)
            t.case(f"unshared: {case}", call, want)


@right("weights and biases apart")
def conv_parameters__apart(channels, filters, filter_size, bias=True):
    weights = channels * filters * filter_size**2
    return weights + filters if bias else weights


@right("sizes of arrays")
def conv_parameters__arrays(channels, filters, filter_size, bias=True):
    w = np.zeros((filters, channels, filter_size, filter_size))
    b = np.zeros(filters)
    return w.size + (b.size if bias else 0)


right(
    "a loop over channels and pixels",
    "filter_size * filter_size * channels",
    "sum(filter_size for _ in range(channels) for _ in range(filter_size))",
)
right(
    "numpy's product, bias as a number",
    "filter_size * filter_size * channels + (1 if bias else 0)",
    "np.prod([channels, filter_size, filter_size]) + int(bias)",
)
wrong("the bias is forgotten", " + (1 if bias else 0)", "")
wrong(
    "there is one bias for the whole layer",
    " + (1 if bias else 0)",
    "",
    "filters * per_filter",
    "filters * per_filter + bool(bias)",
)
wrong(
    "there is one bias per input channel",
    " + (1 if bias else 0)",
    "",
    "filters * per_filter",
    "filters * per_filter + channels * bool(bias)",
)
wrong("every channel of a filter has a bias", "(1 if bias", "(channels if bias")
wrong("every weight has a bias", "+ (1 if bias else 0)", "* (2 if bias else 1)")
wrong("the filter is one channel deep", " * channels", "")
wrong("the filter size is not squared", "filter_size * filter_size", "filter_size")
wrong(
    "the filter size is doubled instead of squared",
    "filter_size * filter_size",
    "filter_size * 2",
)
wrong("one filter is counted", "filters * per_filter", "per_filter")
wrong("bias=False is ignored", "(1 if bias else 0)", "1")
wrong(
    "the weights are gone together with the bias",
    "(1 if bias else 0)",
    "1 if bias else 0",
)
wrong("a float is returned", "return filters", "return 1.0 * filters", named=False)
wrong("three channels are assumed", "* channels", "* 3")
wrong("bias is there only when it is asked for", "bias=True", "bias=False")


right(
    "weights and biases apart",
    "outputs * (inputs + (1 if bias else 0))",
    "inputs * outputs + outputs if bias else inputs * outputs",
    of="dense_parameters",
)


@right("sizes of arrays")
def dense_parameters__arrays(inputs, outputs, bias=True):
    shapes = [(outputs, inputs)] + [(outputs,)] * bool(bias)
    return sum(int(np.prod(shape)) for shape in shapes)


right(
    "one output after the other",
    "outputs * (inputs + (1 if bias else 0))",
    "sum(inputs + int(bool(bias)) for _ in range(outputs))",
    of="dense_parameters",
)
right(
    "a convolution of 1 by 1",
    "outputs * (inputs + (1 if bias else 0))",
    "conv_parameters(inputs, outputs, 1, bias)",
    of="dense_parameters",
)
wrong("the bias is forgotten", " + (1 if bias else 0)", "", of="dense_parameters")
wrong(
    "there is one bias for the whole layer",
    "(inputs + (1 if bias else 0))",
    "inputs + (1 if bias else 0)",
    of="dense_parameters",
)
wrong(
    "there is one bias per input",
    "(inputs + (1 if bias else 0))",
    "inputs + (inputs if bias else 0)",
    of="dense_parameters",
)
wrong(
    "every weight has a bias",
    "+ (1 if bias else 0)",
    "* (2 if bias else 1)",
    of="dense_parameters",
)
wrong("one output is counted", "return outputs * ", "return ", of="dense_parameters")
wrong(
    "inputs and outputs are added",
    "outputs * (inputs + (1 if bias else 0))",
    "inputs + outputs + (outputs if bias else 0)",
    of="dense_parameters",
)
wrong("bias=False is ignored", "(1 if bias else 0)", "1", of="dense_parameters")
wrong(
    "the weights are gone together with the bias",
    "(1 if bias else 0)",
    "1 if bias else 0",
    of="dense_parameters",
)
wrong(
    "a float is returned",
    "return outputs",
    "return 1.0 * outputs",
    of="dense_parameters",
    named=False,
)
wrong(
    "bias is there only when it is asked for",
    "bias=True",
    "bias=False",
    of="dense_parameters",
)


right(
    "neurons times what one neuron has",
    "conv_parameters(channels, filters, filter_size, bias)",
    "filters * (filter_size**2 * channels + (1 if bias else 0))",
    of="unshared_parameters",
)


@right("sizes of arrays")
def unshared_parameters__arrays(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = (out_height, out_width, filters)
    weights = int(np.prod((*neurons, channels, filter_size, filter_size)))
    return weights + int(np.prod(neurons)) * (1 if bias else 0)


right(
    "a loop over the rows of places",
    "out_height * out_width",
    "sum(out_width for _ in range(out_height))",
    of="unshared_parameters",
)
right(
    "a dense layer for every place",
    "conv_parameters(channels, filters, filter_size, bias)",
    "dense_parameters(channels * filter_size**2, filters, bias=bias)",
    of="unshared_parameters",
)
wrong("the weights are shared", "places * conv", "conv", of="unshared_parameters")
wrong(
    "the bias is forgotten",
    "filter_size, bias)",
    "filter_size, False)",
    of="unshared_parameters",
)
wrong(
    "the bias is shared by a whole map",
    "filter_size, bias)",
    "filter_size, False) + (filters if bias else 0)",
    of="unshared_parameters",
)
wrong(
    "there is one bias per place",
    "filter_size, bias)",
    "filter_size, False) + (places if bias else 0)",
    of="unshared_parameters",
)
wrong(
    "there is one bias for the whole layer",
    "filter_size, bias)",
    "filter_size, False) + bool(bias)",
    of="unshared_parameters",
)
wrong(
    "the height is used for the width",
    "out_height * out_width",
    "out_height**2",
    of="unshared_parameters",
)
wrong(
    "the width is used for the height",
    "out_height * out_width",
    "out_width**2",
    of="unshared_parameters",
)
wrong(
    "height and width are added",
    "out_height * out_width",
    "out_height + out_width",
    of="unshared_parameters",
)
wrong(
    "one filter is counted",
    "(channels, filters",
    "(channels, 1",
    of="unshared_parameters",
)
wrong(
    "only the height is counted",
    "out_height * out_width",
    "out_height",
    of="unshared_parameters",
)
wrong(
    "only the width is counted",
    "out_height * out_width",
    "out_width",
    of="unshared_parameters",
)
wrong(
    "bias=False is ignored",
    "filter_size, bias)",
    "filter_size)",
    of="unshared_parameters",
)
wrong(
    "the weights are gone together with the bias",
    "filter_size, bias)",
    "filter_size) if bias else 0",
    of="unshared_parameters",
)
wrong("the filter is one channel deep", "(channels,", "(1,", of="unshared_parameters")
wrong(
    "a float is returned",
    "return places",
    "return 1.0 * places",
    of="unshared_parameters",
    named=False,
)
wrong(
    "bias is there only when it is asked for",
    "bias=True",
    "bias=False",
    of="unshared_parameters",
)
