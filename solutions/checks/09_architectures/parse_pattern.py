"""A parser of layer patterns, whose errors point at the place."""

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

CONV = {"type": "conv", "filters": 16, "size": 3, "padding": 1}
RELU, POOL = {"type": "relu"}, {"type": "pool", "size": 2, "stride": 2}
FC, LAST = {"type": "fc", "outputs": 64}, {"type": "fc", "outputs": 10}


def pointed_at(parse_pattern, pattern):
    """Which character of the pattern the error points at; text if there is no such error."""
    try:
        layers = parse_pattern(pattern)
    except ValueError as error:
        lines = str(error).rstrip().split("\n")
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        return f"{type(error).__name__} instead of a ValueError"
    else:
        return f"no error, but {len(layers)} layers"
    if len(lines) < 2 or pattern not in lines[-2] or lines[-1].strip() != "^":
        return "no caret under the pattern"
    return lines[-1].index("^") - lines[-2].index(pattern)


def cases(t, parse_pattern):
    def parsed(pattern, want):
        t.case(pattern, parse_pattern(pattern), want)

    parsed("INPUT -> CONV -> RELU -> FC", [CONV, RELU, LAST])
    parsed(
        "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
        [CONV, RELU, POOL] * 2 + [FC, RELU, LAST],
    )
    seven, three = FC | {"outputs": 7}, FC | {"outputs": 3}
    t.case(
        "an FC that is last, but not at the end; sizes given",
        parse_pattern("INPUT->[FC->RELU]*2", hidden=7, classes=3),
        [seven, RELU, three, RELU],
    )
    wide = {"type": "conv", "filters": 5, "size": 7, "padding": 3}
    t.case(
        "brackets in brackets",
        parse_pattern("INPUT -> [[CONV -> RELU]*2 -> POOL]*2 -> FC", filters=5, size=7),
        [wide, RELU, wide, RELU, POOL] * 2 + [LAST],
    )
    t.case(
        "small letters, many spaces, two digits",
        parse_pattern("  input->[ Pool ] * 12  ->  ReLU"),
        [POOL] * 12 + [RELU],
    )
    parsed("INPUT -> [POOL]*1", [POOL])
    parsed("INPUT", [])
    for pattern, place in [
        ("INPUT -> CONV -> POLL", 17),
        ("input -> conv -> poll", 17),
        ("INPUT -> CONV RELU", 14),
        ("CONV -> RELU", 0),
        ("INPUT -> [CONV -> RELU -> FC", 28),
        ("INPUT -> [CONV -> RELU] -> FC", 24),
        ("INPUT -> [CONV -> RELU]", 23),
        ("INPUT -> [CONV -> RELU]2", 23),
        ("INPUT -> [CONV]*", 16),
        ("INPUT -> [CONV]* -> FC", 17),
        ("INPUT -> [CONV -> RELU]*0 -> FC", 24),
        ("INPUT -> [CONV]*two", 16),
        ("INPUT -> CONV ->", 16),
        ("INPUT -> CONV]*2", 13),
        ("INPUT -> []*2", 10),
        ("INPUT -> CONV + POOL", 14),
        ("INPUT -> CONV -> INPUT", 17),
    ]:
        title = f"{pattern!r}: the caret is under character {place}"
        t.case(title, t.call(pointed_at, parse_pattern, pattern), place)


def hidden(t, parse_pattern):
    for pattern in [
        "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC",
        "INPUT -> [[RELU]*2]*3",
    ]:
        t.case(pattern, parse_pattern(pattern))
    small = parse_pattern("INPUT -> CONV", size=1, filters=2)
    t.case("1x1 filters", small, [CONV | {"filters": 2, "size": 1, "padding": 0}])
    for pattern, place in [
        ("INPUT ->", 8),
        ("INPUT -> [[CONV]*2", 18),
        ("INPUT -> [[CONV] -> POOL]*2", 17),
        ("INPUT -> CONV -> -> FC", 17),
        ("INPUTS -> CONV", 0),
        ("INPUT CONV", 6),
        ("INPUT -> FC -> 2", 15),
        ("INPUT -> [CONV -> [POOL -> ReLu]*x]*2", 33),
    ]:
        t.case(repr(pattern), t.call(pointed_at, parse_pattern, pattern), place)


@right("recursive descent over a list that is consumed")
def parse_pattern__stack(pattern, filters=16, size=3, hidden=64, classes=10):
    waiting = list(tokens(pattern))

    def fail(token):
        raise ValueError(
            point_at(pattern, token.place, f"{token.text!r} is wrong here")
        )

    def layer(word):
        if word == "CONV":
            P = same_padding(size)
            return {"type": "conv", "filters": filters, "size": size, "padding": P}
        if word == "POOL":
            return {"type": "pool", "size": 2, "stride": 2}
        if word == "FC":
            return {"type": "fc", "outputs": hidden}
        return {"type": "relu"}

    stack = [[]]
    state = "input"
    while waiting:
        token = waiting.pop(0)
        text = token.text
        if state == "input":
            if text != "INPUT":
                fail(token)
            state = "behind"
        elif state == "part":
            if text == "[":
                stack.append([])
            elif text in ("CONV", "RELU", "POOL", "FC"):
                stack[-1].append(layer(text))
                state = "behind"
            else:
                fail(token)
        elif state == "behind":
            if text == "->":
                state = "part"
            elif text == "]" and len(stack) > 1:
                state = "times"
            elif text != "" or len(stack) > 1:
                fail(token)
        elif state == "times":
            if text != "*":
                fail(token)
            state = "number"
        elif state == "number":
            if not text.isdecimal() or int(text) == 0:
                fail(token)
            inner = stack.pop()
            for _ in range(int(text)):
                stack[-1] += [dict(each) for each in inner]
            state = "behind"
    dense = [each for each in stack[0] if each["type"] == "fc"]
    if dense:
        dense[-1]["outputs"] = classes
    return stack[0]


@right("words cut out by hand, names only at the end")
def parse_pattern__stranger(pattern, filters=16, size=3, hidden=64, classes=10):
    text = pattern.upper()
    position = 0

    def skip():
        nonlocal position
        while position < len(text) and text[position].isspace():
            position += 1

    def peek():
        skip()
        if position == len(text):
            return ""
        if text.startswith("->", position):
            return "->"
        end = position
        kind = str.isalpha if text[position].isalpha() else str.isdigit
        while end < len(text) and kind(text[end]):
            end += 1
        return text[position : max(end, position + 1)]

    def error():
        peek()
        raise ValueError("wrong pattern\n" + pattern + "\n" + " " * position + "^")

    def accept(word):
        nonlocal position
        if peek() != word:
            error()
        position += len(word)

    def chain():
        names = part()
        while peek() == "->":
            accept("->")
            names = names + part()
        return names

    def part():
        if peek() == "[":
            accept("[")
            names = chain()
            accept("]")
            accept("*")
            count = peek()
            if not count.isdigit() or int(count) < 1:
                error()
            accept(count)
            return names * int(count)
        if peek() not in ("CONV", "RELU", "POOL", "FC"):
            error()
        name = peek()
        accept(name)
        return [name]

    accept("INPUT")
    names = []
    if peek():
        accept("->")
        names = chain()
    if peek():
        error()
    layers = []
    for index, name in enumerate(names):
        if name == "CONV":
            layer = {"type": "conv", "filters": filters, "size": size}
            layer["padding"] = (size - 1) // 2
        elif name == "POOL":
            layer = {"type": "pool", "size": 2, "stride": 2}
        elif name == "FC":
            outputs = hidden if "FC" in names[index + 1 :] else classes
            layer = {"type": "fc", "outputs": outputs}
        else:
            layer = {"type": "relu"}
        layers.append(layer)
    return layers


wrong(
    "INPUT becomes a layer",
    "[dict(layer) for layer in layers]",
    '[{"type": "input"}, *map(dict, layers)]',
)
wrong("a CONV gets no padding", "same_padding(size)", "0")
wrong("the padding of a CONV is its size", "same_padding(size)", "size")
wrong(
    "the types are in capitals",
    "break\n    return layers",
    'break\n    return [layer | {"type": layer["type"].upper()} for layer in layers]',
)
wrong("the last FC has hidden outputs", '["outputs"] = classes', '["outputs"] = hidden')
wrong("every FC has classes outputs", "            break\n", "")
wrong("the first FC has classes outputs", "reversed(layers)", "layers")
wrong("only an FC at the very end gets classes", "reversed(layers)", "layers[-1:]")
wrong(
    "all copies of a bracket share one dict",
    "[dict(layer) for layer in layers]",
    "list(layers)",
)
wrong(
    "a bracket is not repeated",
    "layers += inner * number()",
    "number()\n                layers += inner",
)
wrong(
    "a bracket is repeated once too often", "inner * number()", "inner * (number() + 1)"
)
wrong(
    "the message does not point",
    'point_at(pattern, place, f"expected {words}")',
    'f"expected {words} in {pattern}"',
    'point_at(pattern, place, "expected a number from 1")',
    'f"expected a number in {pattern}"',
)
wrong(
    "the message shows the pattern in capitals",
    'point_at(pattern, place, f"',
    'point_at(pattern.upper(), place, f"',
)
wrong(
    "the caret is one place too far left",
    'pattern, place, f"',
    'pattern, place - 1, f"',
    'pattern, place, "',
    'pattern, place - 1, "',
)
wrong(
    "the caret is one place too far right",
    'pattern, place, f"',
    'pattern, place + 1, f"',
    'pattern, place, "',
    'pattern, place + 1, "',
)
wrong(
    "a bracket that is never closed is accepted",
    "inner = chain()\n",
    "inner = chain()\n"
    '                if found[at].text == "":\n'
    "                    return layers + inner\n",
)
wrong(
    "a bracket without a number is accepted",
    'take("*")\n                layers += inner * number()',
    'starred = found[at].text == "*" and take("*")\n'
    "                layers += inner * (number() if starred else 1)",
)
wrong(
    "a * without a number is accepted",
    "inner * number()",
    "inner * (number() if found[at].text.isdecimal() else 1)",
)
wrong("a number of 0 is accepted", " or int(text) < 1", "")
wrong(
    "a word that nobody knows gives a KeyError, not a message that points",
    'take(*kinds, "[")',
    "take(found[at].text)",
)
wrong(
    "small letters are refused",
    "found, at = tokens(pattern), 0",
    "found, at = tokens(pattern), 0\n"
    "    if pattern != pattern.upper():\n"
    '        raise ValueError("capitals only")',
)
