"""Right and wrong answers to the tasks of lesson 03, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, the contract
functions of this lesson and those of lessons 01 and 02 that the notebook imports. A wrong
answer is right in everything but the mistake that its phrase names.
"""

# ruff: noqa: F821, RUF059 (the names are those of the notebook that an answer is filled
# into, and a wrong answer unpacks what the right one does)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

# numeric_gradient


@right("one copy, moved to and fro, results copied")
def numeric_gradient__to_and_fro(f, x, dout=None, h=1e-5):
    if x.dtype != np.float64:
        raise ValueError(f"float64 is needed, not {x.dtype}")
    moved = x.copy()
    value = np.array(f(moved))
    if dout is None:
        dout = np.ones_like(value)
    if np.shape(dout) != value.shape:
        raise ValueError(f"dout {np.shape(dout)} is not like f(x) {value.shape}")
    gradient = np.empty_like(moved)
    for index in np.ndindex(x.shape):
        old = moved[index]
        moved[index] = old + h
        ahead = np.array(f(moved))
        moved[index] = old - h
        behind = np.array(f(moved))
        moved[index] = old
        gradient[index] = ((ahead - behind) * dout).sum() / (2 * h)
    return gradient


@right("directions from the identity matrix, a sum for each")
def numeric_gradient__directions(f, x, dout=None, h=1e-5):
    if x.dtype != "float64":
        raise ValueError(f"x: {x.dtype}")
    shape = np.asarray(f(x.copy())).shape
    if dout is not None and np.shape(dout) != shape:
        raise ValueError(f"shapes: dout {np.shape(dout)}, f(x) {shape}")
    dout = 1.0 if dout is None else dout

    def total(x):
        return np.sum(f(x) * dout)

    slopes = [
        (total(x + h * unit) - total(x - h * unit)) / h / 2
        for unit in np.eye(x.size).reshape(-1, *x.shape)
    ]
    return np.array(slopes).reshape(x.shape)


@wrong("a forward difference is taken instead of a central one")
def numeric_gradient__forward(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient, here = np.zeros(x.shape), f(x.copy())
    for index in np.ndindex(x.shape):
        ahead = x.copy()
        ahead[index] += h
        gradient[index] = np.sum((f(ahead) - here) * dout) / h
    return gradient


@wrong("the difference is divided by h instead of 2h")
def numeric_gradient__by_h(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum((f(ahead) - f(behind)) * dout) / h
    return gradient


@wrong("an entry of x is not put back after its steps")
def numeric_gradient__not_put_back(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient, moved = np.zeros(x.shape), x.copy()
    for index in np.ndindex(x.shape):
        moved[index] += h
        ahead = np.array(f(moved))
        moved[index] -= 2 * h
        behind = np.array(f(moved))
        gradient[index] = np.sum((ahead - behind) * dout) / (2 * h)
    return gradient


@wrong("dout is ignored")
def numeric_gradient__no_dout(f, x, dout=None, h=1e-5):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum(f(ahead) - f(behind)) / (2 * h)
    return gradient


@wrong("f(x) is summed before it meets dout")
def numeric_gradient__sums_first(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        change = np.sum(f(ahead)) - np.sum(f(behind))
        gradient[index] = change * np.sum(dout) / (2 * h)
    return gradient


@wrong("the mean over the outputs is taken instead of the sum")
def numeric_gradient__mean(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.mean((f(ahead) - f(behind)) * dout) / (2 * h)
    return gradient


@wrong("f(x + h) and f(x - h) are the same array, since f returns a view")
def numeric_gradient__view(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient, moved = np.zeros(x.shape), x.copy()
    for index in np.ndindex(x.shape):
        moved[index] = x[index] + h
        ahead = f(moved)
        moved[index] = x[index] - h
        behind = f(moved)
        moved[index] = x[index]
        gradient[index] = np.sum((ahead - behind) * dout) / (2 * h)
    return gradient


@wrong("x was changed in place")
def numeric_gradient__in_place(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        ahead = np.array(f(x))
        x[index] -= 2 * h
        gradient[index] = np.sum((ahead - f(x)) * dout) / (2 * h)
    return gradient


@wrong("the steps are made in the caller's x")
def numeric_gradient__callers_x(f, x, dout=None, h=1e-5):
    if x.dtype != np.float64:
        raise ValueError(f"{x.dtype}")
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + h
        ahead = np.array(f(x))
        x[index] = old - h
        behind = np.array(f(x))
        x[index] = old
        gradient[index] = np.sum((ahead - behind) * dout) / (2 * h)
    return gradient


@wrong("The array has 1 axes, and 2 are wanted", named=False)
def numeric_gradient__flat(f, x, dout=None, h=1e-5):
    dout = 1.0 if dout is None else dout
    gradient = []
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient.append(np.sum((f(ahead) - f(behind)) * dout) / (2 * h))
    return np.array(gradient)


@wrong("float32 is accepted", named=False)
def numeric_gradient__any_dtype(f, x, dout=None, h=1e-5):
    shape = np.shape(f(x.copy()))
    dout = np.ones(shape) if dout is None else dout
    if dout.shape != shape:
        raise ValueError(f"{dout.shape} is not {shape}")
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum((f(ahead) - f(behind)) * dout) / (2 * h)
    return gradient


@wrong("a dout of another shape is stretched in silence", named=False)
def numeric_gradient__stretched(f, x, dout=None, h=1e-5):
    if x.dtype != np.float64:
        raise ValueError(f"{x.dtype}")
    dout = 1.0 if dout is None else dout
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum((f(ahead) - f(behind)) * dout) / (2 * h)
    return gradient


# relative_error


@right("entry by entry")
def relative_error__loop(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} is not {np.shape(b)}")
    worst = 0.0
    for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist()):
        if p != q:
            worst = max(worst, abs(p - q) / (abs(p) + abs(q)))
    return float(worst)


@right("only where something differs")
def relative_error__where(a, b):
    a, b = np.array(a, dtype=float), np.array(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    apart = a != b
    if not apart.any():
        return 0.0
    a, b = a[apart], b[apart]
    return (np.abs(a - b) / (np.abs(a) + np.abs(b))).max().item()


@wrong("the mean over the entries is taken instead of the largest")
def relative_error__mean(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} {b.shape}")
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(float).tiny)
    return float(np.mean(np.abs(a - b) / size))


@wrong("the difference is divided by |a| only")
def relative_error__by_a(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.maximum(np.abs(a), np.finfo(float).tiny)
    return float(np.max(np.abs(a - b) / size))


@wrong("the difference is divided by the larger of |a| and |b|, not by their sum")
def relative_error__by_larger(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.finfo(float).tiny)
    return float(np.max(np.abs(a - b) / size))


@wrong("the difference is not divided at all")
def relative_error__absolute(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} {b.shape}")
    return float(np.max(np.abs(a - b)))


@wrong("the difference a - b is taken without its absolute value")
def relative_error__signed(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(float).tiny)
    return float(np.max((a - b) / size))


@wrong("the divisor is |a + b| instead of |a| + |b|")
def relative_error__of_sum(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.maximum(np.abs(a + b), 1e-3)
    return float(np.max(np.abs(a - b) / size))


@wrong("all entries are divided by the largest of them")
def relative_error__largest_size(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = max(np.max(np.abs(a) + np.abs(b)), np.finfo(float).tiny)
    return float(np.max(np.abs(a - b)) / size)


@wrong("not a finite number")
def relative_error__zero_by_zero(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(a - b) / (np.abs(a) + np.abs(b))))


@wrong("small numbers are forgiven everything", named=False)
def relative_error__forgiving(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} {b.shape}")
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-8)))


@wrong("the shapes are stretched in silence")
def relative_error__stretched(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(float).tiny)
    return float(np.max(np.abs(a - b) / size))


@wrong("the result is a number of numpy, not a Python float")
def relative_error__numpy_number(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} {b.shape}")
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(float).tiny)
    return np.max(np.abs(a - b) / size)


# conv1d_forward


@right("numpy's correlate")
def conv1d_forward__correlate(x, w):
    if len(w) > len(x):
        raise ValueError(f"the filter of {len(w)} does not fit on {len(x)} numbers")
    return np.correlate(x, w, "valid")


@right("one shifted signal per weight")
def conv1d_forward__shifts(x, w):
    length = output_size(len(x), len(w))
    out = np.zeros(length, x.dtype)
    for j, weight in enumerate(w):
        out += weight * x[j : j + length]
    return out


@wrong("the filter is flipped")
def conv1d_forward__flipped(x, w):
    output_size(len(x), len(w))
    return np.convolve(x, w, "valid")


@wrong("the loop stops one place too early")
def conv1d_forward__too_short(x, w):
    places = output_size(len(x), len(w)) - 1
    out = [np.sum(x[i : i + len(w)] * w) for i in range(places)]
    return np.array(out, dtype=x.dtype)


@wrong("the mean is taken instead of the sum")
def conv1d_forward__mean(x, w):
    places = output_size(len(x), len(w))
    out = [np.mean(x[i : i + len(w)] * w) for i in range(places)]
    return np.array(out, dtype=x.dtype)


@wrong("the filter hangs over both ends")
def conv1d_forward__full(x, w):
    output_size(len(x), len(w))
    return np.correlate(x, w, "full")


@wrong("float32 went in, float64 came out")
def conv1d_forward__float64(x, w):
    out = np.zeros(output_size(len(x), len(w)))
    for i in range(len(out)):
        out[i] = np.sum(x[i : i + len(w)] * w)
    return out


@wrong("x was changed in place")
def conv1d_forward__in_place(x, w):
    out = np.zeros(output_size(len(x), len(w)), x.dtype)
    for i in range(len(out)):
        out[i] = np.sum(x[i : i + len(w)] * w)
        x[i] = 0
    return out


# conv1d_backward


@right("full convolution with the flipped filter, correlation with dout")
def conv1d_backward__convolve(dout, x, w):
    if len(dout) != len(x) - len(w) + 1:
        raise ValueError(f"dout has {len(dout)}, out has {len(x) - len(w) + 1} entries")
    return np.convolve(dout, w, "full"), np.correlate(x, dout, "valid")


@right("gather: who uses x[m], who uses w[j]")
def conv1d_backward__gather(dout, x, w):
    if dout.shape != conv1d_forward(x, w).shape:
        raise ValueError(f"{dout.shape} is not {conv1d_forward(x, w).shape}")
    L, F = len(x), len(w)
    dx = [
        sum(dout[m - j] * w[j] for j in range(F) if 0 <= m - j < len(dout))
        for m in range(L)
    ]
    dw = [sum(dout[i] * x[i + j] for i in range(len(dout))) for j in range(F)]
    return np.array(dx, dtype=x.dtype), np.array(dw, dtype=w.dtype)


@right("the toy layer itself, on a padded dout")
def conv1d_backward__by_forward(dout, x, w):
    if len(dout) != output_size(len(x), len(w)):
        raise ValueError(f"{len(dout)} and {output_size(len(x), len(w))}")
    wide = np.pad(dout, len(w) - 1)
    return conv1d_forward(wide, w[::-1]), conv1d_forward(x, dout)


@wrong("the filter is not flipped for dx")
def conv1d_backward__unflipped(dout, x, w):
    return np.correlate(dout, w, "full"), np.correlate(x, dout, "valid")


@wrong("dout is flipped for dw as well")
def conv1d_backward__dw_flipped(dout, x, w):
    return np.convolve(dout, w, "full"), np.convolve(x, dout, "valid")


@wrong("dx gets = where it needs +=")
def conv1d_backward__dx_overwritten(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i : i + len(w)] = dout[i] * w
        dw += dout[i] * x[i : i + len(w)]
    return dx, dw


@wrong("dw gets = where it needs +=")
def conv1d_backward__dw_overwritten(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i : i + len(w)] += dout[i] * w
        dw[:] = dout[i] * x[i : i + len(w)]
    return dx, dw


@wrong("dw and dx are returned in the wrong order")
def conv1d_backward__swapped(dout, x, w):
    return np.correlate(x, dout, "valid"), np.convolve(dout, w, "full")


@wrong("dw is the mean over the places instead of the sum")
def conv1d_backward__mean(dout, x, w):
    dw = np.correlate(x, dout, "valid") / len(dout)
    return np.convolve(dout, w, "full"), dw.astype(w.dtype)


@wrong("dout is ignored")
def conv1d_backward__no_dout(dout, x, w):
    ones = np.ones_like(dout)
    return np.convolve(ones, w, "full"), np.correlate(x, ones, "valid")


@wrong("float32 went in, float64 came out")
def conv1d_backward__float64(dout, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(dout)):
        dx[i : i + len(w)] += dout[i] * w
        dw += dout[i] * x[i : i + len(w)]
    return dx, dw


# conv_backward_naive


@right("loops over the window only")
def conv_backward_naive__window(dout, cache):
    x, w, b, S, P = cache
    out, _ = conv_forward_naive(x, w, b, S, P)
    if dout.shape != out.shape:
        raise ValueError(f"dout {dout.shape}, out {out.shape}")
    wide = zero_pad(x, P)
    dwide, dw = np.zeros(wide.shape, x.dtype), np.zeros(w.shape, w.dtype)
    HO, WO = out.shape[2:]
    for i, j in np.ndindex(w.shape[2:]):
        rows, columns = slice(i, i + HO * S, S), slice(j, j + WO * S, S)
        seen = wide[:, :, rows, columns][:, :, :HO, :WO]
        dw[:, :, i, j] = np.einsum("nkhw,nchw->kc", dout, seen)
        share = np.einsum("nkhw,kc->nchw", dout, w[:, :, i, j])
        dwide[:, :, rows, columns][:, :, :HO, :WO] += share
    dx = dwide[:, :, P : P + x.shape[2], P : P + x.shape[3]]
    return dx, dw, dout.sum((0, 2, 3))


@right("seven loops without a padded array")
def conv_backward_naive__seven_loops(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (len(x), len(w), HO, WO):
        raise ValueError(f"{dout.shape} for {(len(x), len(w), HO, WO)}")
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        g = dout[n, k, ho, wo]
        db[k] += g
        for i, j in np.ndindex(FH, FW):
            row, column = ho * S + i - P, wo * S + j - P
            if 0 <= row < H and 0 <= column < W:
                dx[n, :, row, column] += g * w[k, :, i, j]
                dw[k, :, i, j] += g * x[n, :, row, column]
    return dx, dw, db


@right("all channels and images of a place at once")
def conv_backward_naive__places(dout, cache):
    x, w, b, S, P = cache
    FH, FW = w.shape[2:]
    H, W = x.shape[2:]
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (len(x), len(w), HO, WO):
        raise ValueError(f"dout {dout.shape}, but out {(len(x), len(w), HO, WO)}")
    wide = zero_pad(x, P)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(HO, WO):
        place = np.s_[:, :, ho * S : ho * S + FH, wo * S : wo * S + FW]
        g = dout[:, :, ho, wo]
        dwide[place] += np.tensordot(g, w, 1)
        dw += np.tensordot(g.T, wide[place], 1)
    return dwide[:, :, P : P + H, P : P + W], dw, np.einsum("nkhw->k", dout)


@wrong("dx gets = where it needs +=")
def conv_backward_naive__dx_overwritten(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] = g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("dw gets = where it needs +=")
def conv_backward_naive__dw_overwritten(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] = g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("db gets = where it needs +=")
def conv_backward_naive__db_overwritten(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] = g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("the gradient of the padded input is returned uncropped")
def conv_backward_naive__uncropped(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide, dw, db


@wrong("the border of the padding is cut off below and to the right only")
def conv_backward_naive__cropped_far(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, :H, :W], dw, db


@wrong("dw comes from the last image only")
def conv_backward_naive__last_image(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        if n == len(x) - 1:
            dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("dw comes from the first image only")
def conv_backward_naive__first_image(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns] * (n == 0)
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("db is not summed over the places")
def conv_backward_naive__db_places(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, dout.sum(axis=0)


@wrong("db is not summed over the images")
def conv_backward_naive__db_images(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, dout.sum(axis=(2, 3))


@wrong("dw and db are means over the images instead of sums")
def conv_backward_naive__mean(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw / len(x), db / len(x)


@wrong("the filter is flipped")
def conv_backward_naive__flipped(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k, :, ::-1, ::-1]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("the stride is ignored")
def conv_backward_naive__no_stride(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho, ho + FH), slice(wo, wo + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("the stride is ignored along the width")
def conv_backward_naive__no_stride_width(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo, wo + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("dout is ignored")
def conv_backward_naive__no_dout(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = 1
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("dw and dx are returned in the wrong order")
def conv_backward_naive__order(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dw, dwide[:, :, P : P + H, P : P + W], db


@wrong("float32 went in, float64 came out")
def conv_backward_naive__float64(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros(wide.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("dout was changed in place")
def conv_backward_naive__dout_in_place(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
        dout[n, k, ho, wo] = 0
    return dwide[:, :, P : P + H, P : P + W], dw, db


@wrong("x was changed in place")
def conv_backward_naive__x_in_place(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    x[...] = dwide[:, :, P : P + H, P : P + W]
    return x, dw, db


@wrong("it takes FH for FW", named=False)
def conv_backward_naive__square_filter(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, P)
    dwide, dw, db = np.zeros_like(wide), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FH)
        g = dout[n, k, ho, wo]
        dwide[n, :, rows, columns] += g * w[k]
        dw[k] += g * wide[n, :, rows, columns]
        db[k] += g
    return dwide[:, :, P : P + H, P : P + W], dw, db


# conv_backward_as_convolution


@right("np.pad for the zeros outside")
def conv_backward_as_convolution__pad(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(f"{dout.shape} is not {(N, K, HO, WO)}")
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = np.flip(w, (2, 3)).swapaxes(0, 1)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dwide[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@right("FH - 1 - P zeros, cut where that is negative; dw image by image")
def conv_backward_as_convolution__exact_padding(dout, cache):
    x, w, b, S, P = cache
    (K, C, FH, FW), (H, W) = w.shape, x.shape[2:]
    want = (len(x), K, output_size(H, FH, S, P), output_size(W, FW, S, P))
    if dout.shape != want:
        raise ValueError(f"dout is {dout.shape}, wanted {want}")
    sparse = np.kron(dout, np.eye(S)[:1].T @ np.eye(S)[:1])
    sparse = sparse[:, :, : (want[2] - 1) * S + 1, : (want[3] - 1) * S + 1]
    wide = sparse.astype(x.dtype)
    for axis, zeros in ((2, FH - 1 - P), (3, FW - 1 - P)):
        if zeros >= 0:
            wide = np.pad(wide, [(zeros * (i == axis),) * 2 for i in range(4)])
        else:
            inner = np.arange(-zeros, wide.shape[axis] + zeros)
            wide = np.take(wide, inner, axis)
    turned = np.rot90(w, 2, (2, 3)).transpose(1, 0, 2, 3)
    dx = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dw, padded = np.zeros_like(w), zero_pad(x, P)
    for image, g in zip(padded, sparse):
        one = conv_forward_naive(image[:, None], g[:, None], np.zeros(K))[0]
        dw += one.swapaxes(0, 1).astype(w.dtype)
    return dx, dw, dout.sum(3).sum(2).sum(0)


@wrong("the filter is not flipped")
def conv_backward_as_convolution__unflipped(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w.transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("only the rows of the filter are flipped")
def conv_backward_as_convolution__rows_only(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("channels and filters have not changed places")
def conv_backward_as_convolution__unswapped(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1]
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("dout is not dilated by the stride")
def conv_backward_as_convolution__not_dilated(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("FH - 1 zeros are put on all four sides, also left and right")
def conv_backward_as_convolution__square_zeros(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FH - 1, FH - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("the gradient of the padded input is returned uncropped")
def conv_backward_as_convolution__uncropped(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("dout is flipped for dw as well")
def conv_backward_as_convolution__dw_flipped(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = (
        zero_pad(x, P).swapaxes(0, 1),
        sparse[:, :, ::-1, ::-1].swapaxes(0, 1),
    )
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("x is not padded for dw")
def conv_backward_as_convolution__unpadded(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = x.swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("dw comes from the last image only")
def conv_backward_as_convolution__last_image(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x[-1:], P).swapaxes(0, 1), sparse[-1:].swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("channels and filters of dw have changed places")
def conv_backward_as_convolution__dw_swapped(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0]
    return dx, dw, dout.sum((0, 2, 3))


@wrong("the bias is added to dw")
def conv_backward_as_convolution__bias(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, b)[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("db is a mean over the images instead of a sum")
def conv_backward_as_convolution__db_mean(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3)) / N


@wrong("dw and dx are returned in the wrong order")
def conv_backward_as_convolution__order(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dw, dx, dout.sum((0, 2, 3))


@wrong("float32 went in, float64 came out")
def conv_backward_as_convolution__float64(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1))
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dx, dw, dout.sum((0, 2, 3))


@wrong("dout was changed in place")
def conv_backward_as_convolution__dout_in_place(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dx = dwide[:, :, P : P + H, P : P + W]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    dout *= 0
    return dx, dw, dout.sum((0, 2, 3))


@wrong("it calls conv_backward_naive")
def conv_backward_as_convolution__naive(dout, cache):
    return conv_backward_naive(dout, cache)


F32 = np.float32


def cubes(numeric_gradient, x, **given):
    """A function with a curve, in which the first entry moves all outputs."""
    return numeric_gradient(lambda x: np.cumsum(x) ** 3, x, **given)


def slopes(shape, outputs):
    """An example of numeric_gradient with a random upstream gradient, or without one."""

    def inputs(rng):
        arrays = {"x": ints(rng, *shape)}
        return arrays | ({"dout": distinct(rng, outputs)} if outputs else {})

    return inputs


def distinct(rng, *shape):
    """Whole numbers from 1 on in random order with random signs: no two are alike."""
    size = int(np.prod(shape))
    signs = rng.choice([-1.0, 1.0], size)
    return ((1 + rng.permutation(size)) * signs).reshape(shape)


def pair(a, b):
    return lambda rng: {"a": np.array(a), "b": np.array(b)}


def signal(length, filter_length, with_dout, dtype=np.float64):
    """Inputs of the toy layer, backward with an upstream gradient."""

    def inputs(rng):
        arrays = {"x": distinct(rng, length), "w": distinct(rng, filter_length)}
        if with_dout:
            arrays = {"dout": distinct(rng, length - filter_length + 1), **arrays}
        return {name: array.astype(dtype) for name, array in arrays.items()}

    return inputs


def backward(function, x, w, b, dout, stride=1, padding=0):
    return function(dout, (x, w, b, stride, padding))


def layer(x, w, stride=1, padding=0, dtype=np.float64):
    """Inputs of a layer's backward pass, with a random upstream gradient."""

    def inputs(rng):
        HO, WO = ((x[i] - w[i] + 2 * padding) // stride + 1 for i in (2, 3))
        return {
            "x": ints(rng, *x, dtype=dtype),
            "w": ints(rng, *w, dtype=dtype),
            "b": np.arange(5, 5 + 2 * w[0], 2).astype(dtype),
            "dout": ints(rng, x[0], w[0], HO, WO, dtype=dtype),
        }

    return inputs


def numeric(case, inputs, options, **more):
    return example(
        "numeric_gradient", case, inputs, options, ("gradient",), call=cubes, **more
    )


LAYERS = [
    ("2 images, 3x3, one 2x2 filter", ((2, 1, 3, 3), (1, 1, 2, 2)), {}, {}),
    (
        "every axis another length, stride 2, padding 1",
        ((2, 3, 5, 6), (4, 3, 3, 2)),
        {"stride": 2, "padding": 1},
        {},
    ),
    (
        "as many filters as channels, padding 2",
        ((1, 2, 2, 3), (2, 2, 2, 3)),
        {"padding": 2},
        {},
    ),
    (
        "stride 3 with a 2x1 filter: gaps between the windows",
        ((3, 1, 5, 4), (2, 1, 2, 1)),
        {"stride": 3},
        {},
    ),
    (
        "a batch of 1, a filter as large as the image",
        ((1, 3, 3, 2), (2, 3, 3, 2)),
        {},
        {},
    ),
    ("1x1 filters", ((2, 2, 3, 2), (3, 2, 1, 1)), {}, {}),
    (
        "float32 stays float32",
        ((2, 1, 3, 5), (2, 1, 3, 5)),
        {"stride": 2, "padding": 1},
        {"dtype": F32},
    ),
    (
        "everything non-contiguous",
        ((2, 1, 3, 4), (2, 1, 2, 2)),
        {},
        {"layout": {"x": "strided", "w": "strided", "dout": "strided"}},
    ),
]


def backward_examples(function):
    """The two backward passes of the layer promise the same."""
    return [
        example(
            function,
            case,
            layer(*shapes, **options, dtype=more.get("dtype", np.float64)),
            options,
            ("dx", "dw", "db"),
            layout=more.get("layout"),
            call=backward,
        )
        for case, shapes, options, more in LAYERS
    ]


EXAMPLES = [
    numeric("three numbers, h = 1/2", slopes((3,), 3), {"h": 0.5}),
    numeric("two rows of two, h = 1/4", slopes((2, 2), 4), {"h": 0.25}),
    numeric("no dout: all ones", slopes((4,), None), {"h": 0.5}),
    numeric(
        "a non-contiguous x", slopes((2, 3), 6), {"h": 0.5}, layout={"x": "strided"}
    ),
    example(
        "relative_error",
        "the three pairs of the text",
        pair([3.0, -2.0, 0.0], [1.0, 2.0, 0.0]),
    ),
    example("relative_error", "no signs", pair([2.0, 6.0], [6.0, 7.0])),
    example(
        "relative_error", "two rows, a below b", pair([[1.0, -5.0]], [[4.0, -3.0]])
    ),
    example("relative_error", "equal, with a 0", pair([4.0, 0.0], [4.0, 0.0])),
    example(
        "relative_error",
        "a small pair beside large ones",
        pair([1.0, 90.0], [3.0, 99.0]),
    ),
    example(
        "conv1d_forward",
        "the five numbers of the text",
        lambda rng: {
            "x": np.array([1.0, 2.0, 0.0, 3.0, 2.0]),
            "w": np.array([2.0, 1.0, -1.0]),
        },
    ),
    example("conv1d_forward", "7 numbers, a filter of 4", signal(7, 4, False)),
    example("conv1d_forward", "a filter as long as x", signal(3, 3, False)),
    example("conv1d_forward", "a filter of 1", signal(3, 1, False)),
    example("conv1d_forward", "float32 stays float32", signal(5, 2, False, F32)),
    example(
        "conv1d_forward",
        "non-contiguous",
        signal(6, 2, False),
        layout={"x": "strided", "w": "strided"},
    ),
]
for case, lengths, dtype, layout in [
    ("8 numbers, a filter of 3", (8, 3), np.float64, None),
    ("5 numbers, a filter of 4", (5, 4), np.float64, None),
    ("a filter as long as x", (3, 3), np.float64, None),
    ("a filter of 1", (4, 1), np.float64, None),
    ("float32 stays float32", (5, 2), F32, None),
    ("non-contiguous", (6, 3), np.float64, {"x": "strided", "dout": "strided"}),
]:
    EXAMPLES.append(
        example(
            "conv1d_backward",
            case,
            signal(*lengths, True, dtype),
            outputs=("dx", "dw"),
            layout=layout,
        )
    )
EXAMPLES += backward_examples("conv_backward_naive")
EXAMPLES += backward_examples("conv_backward_as_convolution")
