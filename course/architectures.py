# Built by lesson 09_architectures with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 09_architectures builds."""

import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size, same_padding, trace_shapes
from course.kit.validation import point_at, tokens


def receptive_field(layers):
    """Side of the square of input pixels that one number after the last layer depends on.

    layers is a list of dicts, in the order of the network. A conv has a "size" F, and may
    have a "stride" (1 if left out) and a "dilation" D (1 if left out). A pool may have a
    "size" and a "stride" (2 each if left out). A relu looks at one number at a time. Other
    keys, such as "filters" or "padding", make no difference. The borders of the image are
    left out of account. The dicts are not changed.

    Returns an int; 1 for no layers.
    Raises ValueError for a layer of another type, fc too: it sees the whole image, and the
    layers do not say how large that is.
    """
    field, step = 1, 1
    for layer in layers:
        if layer["type"] == "conv":
            F, S = layer["size"], layer.get("stride", 1)
        elif layer["type"] == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
        elif layer["type"] == "relu":
            F, S = 1, 1
        else:
            raise ValueError(f"a layer of the type {layer['type']!r} has no field")
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= S
    return field


def summarize(layers, input_shape):
    """What each layer of a network costs, for one image: a list of rows.

    layers and input_shape (C, H, W) are those of trace_shapes: dicts of the types conv,
    relu, pool and fc. They are not changed.

    Returns a list with one tuple per layer, (name, shape, parameters, memory,
    multiply_adds). The first three are those of trace_shapes: the layer's name or type,
    the shape (C, H, W) of what comes out, the numbers to learn. memory: bytes of what
    comes out, in float32. multiply_adds: products that the layer adds up, for conv and
    fc; 0 for relu and pool. Biases add none. All numbers are ints.
    Raises ValueError where trace_shapes does.
    """
    rows = []
    traced = trace_shapes(input_shape, layers)
    for layer, (name, shape, parameters) in zip(layers, traced, strict=True):
        K, HO, WO = shape
        multiply_adds = 0
        if layer["type"] in ("conv", "fc"):
            multiply_adds = (parameters - K) * HO * WO
        rows.append((name, shape, parameters, 4 * K * HO * WO, multiply_adds))
    return rows


def dilated_conv_forward(x, w, b, stride=1, padding=0, dilation=1):
    """Forward pass of a convolutional layer whose filters have holes.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels. Neighbouring weights of
    a filter lie `dilation` (D, 1 or more) pixels apart, in both directions: weight
    (fh, fw) of the window at place (ho, wo) meets pixel (ho*S + fh*D, wo*S + fw*D) of the
    padded image. With dilation 1 it is conv_forward.

    Returns (out, cache), out (N, K, HO, WO) in the dtype of x. What the cache holds is up
    to you.
    Raises ValueError when the filters, D*(FH - 1) + 1 high and D*(FW - 1) + 1 wide, do not
    fit along an axis (`output_size` does that).
    """
    N, _C, H, W = x.shape
    K, _, FH, FW = w.shape
    S, D = stride, dilation
    HO = output_size(H, D * (FH - 1) + 1, S, padding)
    WO = output_size(W, D * (FW - 1) + 1, S, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh * D, fh * D + S * HO, S)
            columns = slice(fw * D, fw * D + S * WO, S)
            met = padded[:, :, rows, columns]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw], optimize=True)
    out += b.reshape(K, 1, 1)
    return out, (x, w, stride, padding, dilation)


def dilated_conv_backward(dout, cache):
    """Backward pass of dilated_conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), and is not changed. cache is what dilated_conv_forward
    returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    x, w, S, P, D = cache
    _N, _C, H, W = x.shape
    _, _, HO, WO = dout.shape
    FH, FW = w.shape[2:]
    padded = zero_pad(x, P)
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh * D, fh * D + S * HO, S)
            columns = slice(fw * D, fw * D + S * WO, S)
            met, weights = padded[:, :, rows, columns], w[:, :, fh, fw]
            dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, met, optimize=True)
            back = np.einsum("nkhw,kc->nchw", dout, weights, optimize=True)
            dpadded[:, :, rows, columns] += back
    return dpadded[:, :, P : P + H, P : P + W], dw, dout.sum(axis=(0, 2, 3))


def dense_to_conv(w, b, input_shape):
    """The weights of a dense layer as filters of a convolution with equal outputs.

    w are the weights (D, M) of a dense layer, b its biases (M,), as dense_forward takes
    them: D = C*H*W. input_shape is (C, H, W), the shape of the one volume that the dense
    layer was made for. Nothing is changed.

    Returns (filters, biases), the w (M, C, H, W) and the b (M,) of conv_forward, in the
    dtypes of w and b. For x of shape (N, C, H, W), conv_forward(x, filters, biases) gives
    (N, M, 1, 1) with the numbers of dense_forward(x, w, b).
    Raises ValueError when D is not C*H*W.
    """
    C, H, W = input_shape
    D, M = w.shape
    if D != C * H * W:
        raise ValueError(f"{D} weights make no filters of {C} x {H} x {W}")
    return w.T.reshape(M, C, H, W), b


def parse_pattern(pattern, filters=16, size=3, hidden=64, classes=10):
    """The layers of a pattern such as "INPUT -> [CONV -> RELU -> POOL]*2 -> FC".

    pattern is one line of text by the rules above. Returns a list of dicts, one per
    layer; INPUT gives none, and what is in a bracket comes as often as its number says:

        CONV  {"type": "conv", "filters": filters, "size": size, "padding": P}
        RELU  {"type": "relu"}
        POOL  {"type": "pool", "size": 2, "stride": 2}
        FC    {"type": "fc", "outputs": hidden}, the last FC of the pattern has `classes`

    P is the padding that keeps height and width, (size - 1) / 2.

    Raises ValueError for a pattern against the rules. Read from left to right, the message
    points at the first word, number or sign that cannot be where it is: its last
    two lines are the pattern, and a caret ^ under the first character of what is wrong.
    Where the pattern ends too early, the caret is one place after its last character.
    """
    kinds = {
        "CONV": {
            "type": "conv",
            "filters": filters,
            "size": size,
            "padding": same_padding(size),
        },
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def take(*wanted):
        """Move on, if the next token is one of these."""
        nonlocal at
        text, place = found[at]
        if text not in wanted:
            words = ", ".join(word or "the end" for word in wanted)
            raise ValueError(point_at(pattern, place, f"expected {words}"))
        at += 1
        return text

    def number():
        text, place = found[at]
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(point_at(pattern, place, "expected a number from 1"))
        take(text)
        return int(text)

    def chain():
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                layers += inner * number()
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    for layer in reversed(layers):
        if layer["type"] == "fc":
            layer["outputs"] = classes
            break
    return layers


class Residual:
    """A layer: out = body(x) + x, or body(x) + shortcut(x).

    body, shortcut: layers or networks, with forward, backward, parameters and gradients;
    shortcut None: x itself is added. `layers` is the list [body], or [body, shortcut]:
    through it `set_training` finds what is inside.
    """

    def __init__(self, body, shortcut=None):
        self.body, self.shortcut = body, shortcut
        self.layers = [body] if shortcut is None else [body, shortcut]

    def forward(self, x):
        """The sum. x is not changed.

        Raises ValueError that names both shapes when they differ: nothing is broadcast.
        """
        out = self.body.forward(x)
        straight = x if self.shortcut is None else self.shortcut.forward(x)
        if out.shape != straight.shape:
            raise ValueError(
                f"the body gives {out.shape}, and {straight.shape} is to be added"
            )
        return out + straight

    def backward(self, dout):
        """dx for the last forward. dout is not changed."""
        straight = dout if self.shortcut is None else self.shortcut.backward(dout)
        return self.body.backward(dout) + straight

    @property
    def parameters(self):
        """Those of both parts, with "body." or "shortcut." before their names."""
        return {
            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        """The gradients of the last backward under the names of the parameters."""
        return {
            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.gradients.items()
        }


class GlobalAveragePool:
    """A layer: the mean of each channel. parameters and gradients: {}."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        """out (N, C, 1, 1) for x (N, C, H, W), in the dtype of x."""
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)

    def backward(self, dout):
        """dx (N, C, H, W) for dout (N, C, 1, 1), in the dtype of dout."""
        _N, _C, H, W = self.shape
        return np.ones(self.shape, dout.dtype) * (dout / (H * W))


def depthwise_conv_forward(x, w, b, stride=1, padding=0):
    """Forward pass of a convolution with one filter for each channel.

    x is a batch (N, C, H, W) of floats, w holds C filters (C, FH, FW), b their biases (C,).
    Channel c of the output is channel c of x convolved with w[c], plus b[c]. stride and
    padding are those of conv_forward. Nothing is changed.

    Returns (out, cache), out (N, C, HO, WO) in the dtype of x. What the cache holds is up
    to you.
    Raises ValueError when the filters do not fit (`output_size` does that).
    """
    _N, C, H, W = x.shape
    _, FH, FW = w.shape
    S = stride
    HO, WO = output_size(H, FH, S, padding), output_size(W, FW, S, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((len(x), C, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            met = padded[:, :, fh : fh + S * HO : S, fw : fw + S * WO : S]
            out += met * w[:, fh, fw].reshape(C, 1, 1)
    out += b.reshape(C, 1, 1)
    return out, (padded, w, S, padding)


def depthwise_conv_backward(dout, cache):
    """Backward pass of depthwise_conv_forward: the gradients of sum(out * dout).

    dout is (N, C, HO, WO), and is not changed. cache is what depthwise_conv_forward
    returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    padded, w, S, P = cache
    _N, C, HO, WO = dout.shape
    H, W = (length - 2 * P for length in padded.shape[2:])
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for fh in range(w.shape[1]):
        for fw in range(w.shape[2]):
            rows = slice(fh, fh + S * HO, S)
            columns = slice(fw, fw + S * WO, S)
            dw[:, fh, fw] = (dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))
            dpadded[:, :, rows, columns] += dout * w[:, fh, fw].reshape(C, 1, 1)
    return dpadded[:, :, P : P + H, P : P + W], dw, dout.sum(axis=(0, 2, 3))


class DepthwiseConv2D:
    """depthwise_conv_forward as a layer; weights as in Conv2D, for filters one channel deep."""

    def __init__(self, channels, size, stride=1, padding=0, bias=True, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        w = rng.standard_normal((channels, size, size)) * np.sqrt(2) / size
        self.parameters = {"w": w} | ({"b": np.zeros(channels)} if bias else {})
        self.gradients, self.stride, self.padding = {}, stride, padding

    def forward(self, x):
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters.get("b", np.zeros(len(w))).astype(x.dtype, copy=False)
        settings = self.stride, self.padding
        out, self.cache = depthwise_conv_forward(x, w, b, *settings)
        return out

    def backward(self, dout):
        dx, dw, db = depthwise_conv_backward(dout, self.cache)
        self.gradients = {"w": dw} | ({"b": db} if "b" in self.parameters else {})
        return dx


def normalised_block(filters, size=3):
    """A convolution that keeps height and width, batch normalisation, and a ReLU: three dicts.

    The first is {"type": "conv", "filters": filters, "size": size, "padding": P,
    "bias": False}, with P = (size - 1) / 2, the others {"type": "batchnorm"} and
    {"type": "relu"}. Raises ValueError for an even size (`same_padding` does that).
    """
    conv = {"type": "conv", "filters": filters, "size": size}
    conv |= {"padding": same_padding(size), "bias": False}
    return [conv, {"type": "batchnorm"}, {"type": "relu"}]


def residual_block(filters, thin=None):
    """A residual block on a volume of `filters` channels: two dicts.

    The first is {"type": "residual", "layers": body}, the second {"type": "relu"}. The body
    is two normalised blocks of 3x3 with `filters` filters each; or, if thin is given, the
    bottleneck: normalised blocks of 1x1 and 3x3 with `thin` filters each, and of 1x1 with
    `filters`. The last normalised block of a body has no ReLU: it stands behind the sum.
    """
    body = normalised_block(filters) + normalised_block(filters)
    if thin is not None:
        body = normalised_block(thin, 1) + normalised_block(thin)
        body += normalised_block(filters, 1)
    return [{"type": "residual", "layers": body[:-1]}, {"type": "relu"}]


def separable_block(channels, filters):
    """A depthwise separable convolution of 3x3 from `channels` to `filters` channels: six dicts.

    A normalised block of 3x3 with as many filters as channels, whose conv has one key more,
    "groups": channels; then a normalised block of 1x1 with `filters` filters.
    """
    depthwise, *rest = normalised_block(channels)
    pointwise = normalised_block(filters, 1)
    return [depthwise | {"groups": channels}, *rest, *pointwise]
