#!/usr/bin/env python3
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
#
# Assembles the text format as far as tests of WebAssembly 3.0 need it that wat2wasm
# (1.0.32) cannot assemble: types with subtyping and recursion groups, structures, arrays,
# casts, typed elements. Opcodes and their immediates come from compiler/Wasm/Opcodes.def.
#
#   assemble.py module.wat module.wasm
#   assemble.py script.wast script.json     and the script's modules beside it
#
# Scripts have modules, (register "name"), (invoke …), (assert_return …), (assert_trap …)
# and (assert_unlinkable …), in the JSON form that moat-spec reads. Folded instructions may
# be mixed with plain ones; a block is folded.

import json
import os
import re
import struct
import sys

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read_opcodes():
    """By text: (prefix, number, immediates) of each row."""
    rows = {}
    row = re.compile(r'OP\(\w+,\s*"([^"]+)",\s*(0x\w+),\s*(\w+),\s*(\w+),')
    with open(os.path.join(root, "compiler", "Wasm", "Opcodes.def")) as file:
        for match in row.finditer(file.read()):
            text, prefix, sub, immediates = match.groups()
            rows.setdefault(text, []).append((int(prefix, 16), int(sub, 0), immediates))
    return rows


opcodes = read_opcodes()

abstract = {
    "func": 0x70, "extern": 0x6F, "any": 0x6E, "eq": 0x6D, "i31": 0x6C, "struct": 0x6B,
    "array": 0x6A, "exn": 0x69, "none": 0x71, "noextern": 0x72, "nofunc": 0x73, "noexn": 0x74,
}
numbers = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "v128": 0x7B,
           "i8": 0x78, "i16": 0x77}
short = {"nullref": "none", "nullexternref": "noextern", "nullfuncref": "nofunc",
         "nullexnref": "noexn"}
short |= {name + "ref": name for name in abstract if not name.startswith("no")}


class String(bytes):
    pass


def parse(text):
    """The S-expressions of a file, as lists, strings (String) and atoms (str)."""
    token = re.compile(
        r'\s+|;;[^\n]*|\(;.*?;\)|"((?:[^"\\]|\\.)*)"|([()])|([^\s()";]+)', re.S)
    stack = [[]]
    at = 0
    while at < len(text):
        match = token.match(text, at)
        if not match:
            raise SyntaxError("at " + text[at:at + 20])
        at = match.end()
        if match[2] == "(":
            stack.append([])
        elif match[2] == ")":
            done = stack.pop()
            stack[-1].append(done)
        elif match[3]:
            stack[-1].append(match[3])
        elif match[1] is not None:
            stack[-1].append(unescape(match[1]))
    return stack[0]


def unescape(text):
    plain = {"n": b"\n", "t": b"\t", "\\": b"\\", '"': b'"', "'": b"'", "r": b"\r"}
    result = b""
    for match in re.finditer(r"\\([0-9a-fA-F]{2})|\\(.)|([^\\]+)", text, re.S):
        if match[1]:
            result += bytes([int(match[1], 16)])
        else:
            result += plain[match[2]] if match[2] else match[3].encode()
    return String(result)


def u(value):
    result = b""
    while True:
        byte, value = value & 127, value >> 7
        if not value:
            return result + bytes([byte])
        result += bytes([byte | 128])


def s(value):
    result = b""
    while True:
        byte, value = value & 127, value >> 7
        if value == (-1 if byte & 64 else 0):
            return result + bytes([byte])
        result += bytes([byte | 128])


def vector(items):
    return u(len(items)) + b"".join(items)


def name(text):
    return u(len(text)) + bytes(text)


def is_form(item, *heads):
    return isinstance(item, list) and bool(item) and item[0] in heads


def integer(text, bits):
    value = int(text.replace("_", ""), 0)
    return value - (1 << bits) if value >= 1 << (bits - 1) else value


def floating(text, size):
    if text.startswith("0x") or text.startswith("-0x"):
        value = float.fromhex(text)
    else:
        value = float(text)
    return struct.pack("<f" if size == 4 else "<d", value)


class Space(dict):
    """Indices of one kind, by name."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def add(self, label=None):
        if label:
            self[label] = self.count
        self.count += 1
        return self.count - 1

    def index(self, text):
        return self[text] if text.startswith("$") else int(text)


class Module:
    def __init__(self, fields):
        self.types, self.funcs, self.globals, self.tables = Space(), Space(), Space(), Space()
        self.memories, self.elems, self.datas, self.tags = Space(), Space(), Space(), Space()
        self.fields = {}  # of structures: by type index, then by name
        self.groups = []  # the type section
        self.signatures = []  # of function types: (params, results), else None
        self.imports, self.exports, self.code, self.func_types = [], [], [], []
        self.global_bytes, self.table_bytes, self.elem_bytes = [], [], []
        self.data_bytes, self.memory_bytes, self.tag_bytes = [], [], []
        self.start = None
        self.assemble(fields)

    spaces = {"func": "funcs", "global": "globals", "table": "tables", "memory": "memories",
              "elem": "elems", "data": "datas", "tag": "tags"}
    kinds = {"func": 0, "table": 1, "memory": 2, "global": 3, "tag": 4}

    def assemble(self, fields):
        for field in fields:  # names of types, then the types
            for each in field[1:] if field[0] == "rec" else [field]:
                if each[0] == "type":
                    label = each[1] if isinstance(each[1], str) else None
                    self.types.add(label)
        index = 0
        for field in fields:
            if field[0] == "rec":
                for i, each in enumerate(field[1:]):
                    self.name_fields(index + i, each)
                members = [self.subtype(each[-1]) for each in field[1:]]
                self.groups.append(b"\x4e" + vector(members))
                index += len(members)
            elif field[0] == "type":
                self.name_fields(index, field)
                self.groups.append(self.subtype(field[-1]))
                index += 1
        for is_import in (True, False):
            for field in fields:
                if (field[0] == "import") != is_import:
                    continue
                what = field[3] if is_import else field
                if what[0] in self.spaces:
                    label = what[1] if len(what) > 1 and isinstance(what[1], str) and \
                        what[1].startswith("$") else None
                    getattr(self, self.spaces[what[0]]).add(label)
        bodies = []
        for field in fields:
            kind = field[0]
            if kind == "import":
                self.import_field(field)
            elif kind == "export":
                target = field[2]
                space = getattr(self, self.spaces[target[0]])
                self.exports.append(name(field[1]) + bytes([self.kinds[target[0]]]) +
                                    u(space.index(target[1])))
            elif kind == "start":
                self.start = self.funcs.index(field[1])
            elif kind in self.spaces:
                rest = field[1:]
                label = rest.pop(0) if rest and isinstance(rest[0], str) and \
                    rest[0].startswith("$") else None
                space = getattr(self, self.spaces[kind])
                position = getattr(self, "position_" + kind, self.imported(fields, kind))
                setattr(self, "position_" + kind, position + 1)
                while rest and is_form(rest[0], "export"):
                    self.exports.append(name(rest.pop(0)[1]) +
                                        bytes([self.kinds[kind]]) + u(position))
                if kind == "func":
                    bodies.append(self.function_header(rest))
                else:
                    getattr(self, kind + "_field")(rest)
        for header in bodies:
            self.code.append(self.body(*header))

    @staticmethod
    def imported(fields, kind):
        return sum(f[0] == "import" and f[3][0] == kind for f in fields)

    # Types.

    def name_fields(self, index, field):
        composite = field[-1]
        if composite[0] == "sub":
            composite = composite[-1]
        if composite[0] == "struct":
            names = self.fields[index] = Space()
            for each in composite[1:]:
                if len(each) > 1 and isinstance(each[1], str) and each[1].startswith("$"):
                    names.add(each[1])
                else:
                    for _ in each[1:]:
                        names.add()
        self.signatures.append(self.signature(composite[1:])[:2]
                               if composite[0] == "func" else None)

    def heap(self, text):
        return bytes([abstract[text]]) if text in abstract else s(self.types.index(text))

    def reference(self, item):
        """Of a reference type: (heap type's bytes, nullable)."""
        if isinstance(item, str):
            return bytes([abstract[short[item]]]), True
        return self.heap(item[-1]), item[1] == "null"

    def value_type(self, item):
        if isinstance(item, str) and item in numbers:
            return bytes([numbers[item]])
        heap, nullable = self.reference(item)
        if isinstance(item, str):
            return heap
        if before_final:
            return (b"\x6c" if nullable else b"\x6b") + heap
        return (b"\x63" if nullable else b"\x64") + heap

    def field_type(self, item):
        mutable = is_form(item, "mut")
        return self.value_type(item[1] if mutable else item) + bytes([mutable])

    def signature(self, items):
        """(parameters, results, names of the parameters, the items left)"""
        lists, names, items = {"param": [], "result": []}, [], list(items)
        while items and is_form(items[0], "param", "result"):
            keyword, *types = items.pop(0)
            label = types.pop(0) if types and isinstance(types[0], str) and \
                types[0].startswith("$") else None
            lists[keyword] += [self.value_type(each) for each in types]
            if keyword == "param":
                names += [label] if label else [None] * len(types)
        return lists["param"], lists["result"], names, items

    def composite(self, item):
        if item[0] == "func":
            params, results, *_ = self.signature(item[1:])
            return b"\x60" + vector(params) + vector(results)
        if item[0] == "array":
            return b"\x5e" + self.field_type(item[1])
        fields = []
        for each in item[1:]:
            named = isinstance(each[1], str) and each[1].startswith("$") \
                if len(each) > 1 else False
            fields += [self.field_type(f) for f in (each[2:] if named else each[1:])]
        return b"\x5f" + vector(fields)

    def subtype(self, item):
        if item[0] != "sub":
            return self.composite(item)
        rest = item[1:]
        final = rest[0] == "final"
        supers = [u(self.types.index(each)) for each in rest[final:-1]]
        return (b"\x4f" if final else b"\x50") + vector(supers) + self.composite(rest[-1])

    def type_use(self, items):
        """(type index, names of the parameters, the items left)"""
        items = list(items)
        if items and is_form(items[0], "type"):
            index = self.types.index(items.pop(0)[1])
            params, _, names, items = self.signature(items)
            return index, names or [None] * len(self.signatures[index][0]), items
        params, results, names, items = self.signature(items)
        if (params, results) in self.signatures:
            return self.signatures.index((params, results)), names, items
        self.groups.append(b"\x60" + vector(params) + vector(results))
        self.signatures.append((params, results))
        self.types.add()
        return len(self.signatures) - 1, names, items

    # Fields.

    def limits(self, items):
        bounds = [int(items.pop(0))]
        if items and isinstance(items[0], str) and items[0].isdigit():
            bounds.append(int(items.pop(0)))
        return bytes([len(bounds) - 1]) + b"".join(u(each) for each in bounds)

    def import_field(self, field):
        what = field[3]
        rest = what[1:]
        if rest and isinstance(rest[0], str) and rest[0].startswith("$"):
            rest = rest[1:]
        if what[0] == "func":
            description = u(self.type_use(rest)[0])
        elif what[0] == "tag":
            description = b"\0" + u(self.type_use(rest)[0])
        elif what[0] == "global":
            description = self.field_type(rest[0])
        elif what[0] == "table":
            limits = self.limits(rest)
            description = self.value_type(rest[0]) + limits
        else:
            description = self.limits(rest)
        self.imports.append(name(field[1]) + name(field[2]) +
                            bytes([self.kinds[what[0]]]) + description)

    def function_header(self, rest):
        index, names, rest = self.type_use(rest)
        self.func_types.append(u(index))
        return names, rest

    def body(self, names, rest):
        local_names = Space()
        for each in names:
            local_names.add(each)
        locals_ = []
        while rest and is_form(rest[0], "local"):
            types = rest.pop(0)[1:]
            label = types.pop(0) if isinstance(types[0], str) and types[0][0] == "$" else None
            for each in types:
                local_names.add(label)
                locals_.append(u(1) + self.value_type(each))
        code = vector(locals_) + Code(self, local_names).run(rest) + b"\x0b"
        return u(len(code)) + code

    def constant(self, items):
        return Code(self, Space()).run(items) + b"\x0b"

    def global_field(self, rest):
        self.global_bytes.append(self.field_type(rest[0]) + self.constant(rest[1:]))

    def table_field(self, rest):
        limits = self.limits(rest)
        table = self.value_type(rest.pop(0)) + limits
        self.table_bytes.append(b"\x40\0" + table + self.constant(rest) if rest else table)

    def memory_field(self, rest):
        self.memory_bytes.append(self.limits(rest))

    def tag_field(self, rest):
        self.tag_bytes.append(b"\0" + u(self.type_use(rest)[0]))

    def elem_field(self, rest):
        mode, table, offset = 1, 0, b""
        if rest[0] == "declare":
            mode = 3
            rest = rest[1:]
        elif is_form(rest[0], "table"):
            mode, table = 2, self.tables.index(rest[0][1])
            offset = self.constant([rest[1]])
            rest = rest[2:]
        elif is_form(rest[0], "i32.const"):
            mode = 2
            offset = self.constant([rest[0]])
            rest = rest[1:]
        where = u(table) + offset if mode == 2 else b""
        if rest[0] == "func":
            self.elem_bytes.append(bytes([mode]) + where + b"\0" + vector(
                [u(self.funcs.index(each)) for each in rest[1:]]))
            return
        items = [self.constant(each[1:] if is_form(each, "item") else [each])
                 for each in rest[1:]]
        self.elem_bytes.append(bytes([4 + mode]) + where + self.value_type(rest[0]) +
                               vector(items))

    def data_field(self, rest):
        mode = b"\x01"
        if rest and is_form(rest[0], "i32.const"):
            mode = b"\0" + self.constant([rest.pop(0)])
        self.data_bytes.append(mode + name(b"".join(rest)))

    def bytes(self):
        result = b"\0asm\1\0\0\0"

        def section(number, items):
            nonlocal result
            if items:
                contents = vector(items)
                result += bytes([number]) + u(len(contents)) + contents

        section(1, self.groups)
        section(2, self.imports)
        section(3, self.func_types)
        section(4, self.table_bytes)
        section(5, self.memory_bytes)
        section(13, self.tag_bytes)
        section(6, self.global_bytes)
        section(7, self.exports)
        if self.start is not None:
            result += b"\x08" + u(len(u(self.start))) + u(self.start)
        section(9, self.elem_bytes)
        if self.data_bytes:
            count = u(len(self.data_bytes))
            result += b"\x0c" + u(len(count)) + count
        section(10, self.code)
        section(11, self.data_bytes)
        return result


class Code:
    """The instructions of one function or constant expression."""

    def __init__(self, module, locals_):
        self.module, self.locals, self.labels = module, locals_, []

    def run(self, items):
        result, items = b"", list(items)
        while items:
            item = items.pop(0)
            if isinstance(item, list):
                result += self.folded(item)
            else:
                result += self.instruction(item, items)
        return result

    def folded(self, item):
        head, rest = item[0], list(item[1:])
        if head in ("block", "loop", "if", "try_table"):
            return self.block(head, rest)
        code = self.instruction(head, rest)
        return self.run(rest) + code

    def block(self, head, rest):
        label = rest.pop(0) if rest and isinstance(rest[0], str) and rest[0][0] == "$" else None
        params, results, _, rest = self.module.signature(rest)
        if params or len(results) > 1:
            if (params, results) not in self.module.signatures:
                self.module.groups.append(b"\x60" + vector(params) + vector(results))
                self.module.signatures.append((params, results))
                self.module.types.add()
            kind = s(self.module.signatures.index((params, results)))
        else:
            kind = results[0] if results else b"\x40"
        before = b""
        if head == "if":
            at = next(i for i, each in enumerate(rest) if is_form(each, "then"))
            before = self.run(rest[:at])
            rest = rest[at:]
        catches = self.catches(rest) if head == "try_table" else b""
        self.labels.insert(0, label)
        opcode = {"block": b"\x02", "loop": b"\x03", "if": b"\x04",
                  "try_table": b"\x1f"}[head]
        if head == "if":
            code = self.run(rest[0][1:])
            if len(rest) > 1:
                code += b"\x05" + self.run(rest[1][1:])
        else:
            code = self.run(rest)
        self.labels.pop(0)
        return before + opcode + kind + catches + code + b"\x0b"

    def catches(self, rest):
        """Takes the clauses of a try_table off \\p rest; their labels count from outside."""
        kinds, clauses = ("catch", "catch_ref", "catch_all", "catch_all_ref"), []
        while rest and is_form(rest[0], *kinds):
            kind, *operands = rest.pop(0)
            tag = b"" if "all" in kind else u(self.module.tags.index(operands.pop(0)))
            clauses.append(bytes([kinds.index(kind)]) + tag + self.label(operands[0]))
        return vector(clauses)

    def label(self, text):
        return u(self.labels.index(text) if text.startswith("$") else int(text))

    def instruction(self, text, rest):
        """Takes the immediates off \\p rest."""
        rows = opcodes[text]
        module = self.module
        take = lambda: rest.pop(0)
        index = lambda space: u(getattr(module, space).index(take()))
        row = rows[0]
        immediates = row[2]
        optional = rest and isinstance(rest[0], str) and \
            (rest[0].startswith("$") or rest[0].isdigit())
        if immediates in ("Cast", "CastNull"):
            heap, nullable = module.reference(take())
            row = rows[nullable]
            code = heap
        elif immediates == "BranchCast":
            label = self.label(take())
            (source, from_null), (target, to_null) = \
                module.reference(take()), module.reference(take())
            code = bytes([from_null | to_null << 1]) + label + source + target
        elif immediates == "None":
            code = b""
        elif immediates == "Label":
            code = self.label(take())
        elif immediates == "LabelTable":
            labels = []
            while rest and isinstance(rest[0], str) and (rest[0][0] == "$" or rest[0].isdigit()):
                labels.append(self.label(take()))
            code = vector(labels[:-1]) + labels[-1]
        elif immediates == "CallIndirect":
            table = u(module.tables.index(take())) if optional else u(0)
            code = u(module.types.index(take()[1])) + table
        elif immediates == "TableInit":
            table = index("tables")
            code = index("elems") + table
        elif immediates == "Local":
            code = u(self.locals.index(take()))
        elif immediates == "Field":
            type_index = module.types.index(take())
            code = u(type_index) + u(module.fields[type_index].index(take()))
        elif immediates == "TypeLength":
            code = index("types") + u(int(take()))
        elif immediates == "TypeData":
            code = index("types") + index("datas")
        elif immediates == "TypeElem":
            code = index("types") + index("elems")
        elif immediates == "TypePair":
            code = index("types") + index("types")
        elif immediates == "HeapType":
            code = module.heap(take())
        elif immediates == "SelectTypes":
            code = vector([module.value_type(each) for each in take()[1:]])
        elif immediates == "I32":
            code = s(integer(take(), 32))
        elif immediates == "I64":
            code = s(integer(take(), 64))
        elif immediates == "F32":
            code = floating(take(), 4)
        elif immediates == "F64":
            code = floating(take(), 8)
        elif immediates.startswith("Lane"):
            code = bytes([int(take())])
        elif immediates.startswith("MemArg"):
            code = u(0) + u(0)
        elif immediates == "Table":
            code = u(module.tables.index(take())) if optional else u(0)
        elif immediates == "Memory":
            code = u(0)
        else:
            spaces = {"Function": "funcs", "Type": "types", "Global": "globals",
                      "Tag": "tags", "Elem": "elems", "Data": "datas"}
            if text == "select" and rest and is_form(rest[0], "result"):
                code = b""
            else:
                code = index(spaces[immediates])
        prefix, sub, _ = row
        if before_final:
            sub = {"struct.new": 7, "struct.get": 3}.get(text, sub)
        return (bytes([prefix]) + u(sub) if prefix else bytes([sub])) + code


def constant_json(item):
    kind = item[0]
    if kind == "ref.null":
        return {"type": "refnull", "value": "null"}
    if kind.startswith("ref.") and len(item) == 1:
        return {"type": kind[4:] + "ref"}
    if kind == "ref.extern":
        return {"type": "externref", "value": item[1]}
    if kind == "ref.host":
        return {"type": "anyref", "value": item[1]}
    kind = kind.split(".")[0]
    size = {"i32": 4, "f32": 4, "i64": 8, "f64": 8}[kind]
    if kind[0] == "i":
        value = int(item[1].replace("_", ""), 0) & ((1 << 8 * size) - 1)
    else:
        value = int.from_bytes(floating(item[1], size), "little")
    return {"type": kind, "value": str(value)}


def action_json(item):
    rest = item[1:]
    action = {"type": "get" if item[0] == "get" else "invoke"}
    if not isinstance(rest[0], String):
        action["module"] = rest.pop(0)
    action["field"] = rest.pop(0).decode()
    if item[0] == "invoke":
        action["args"] = [constant_json(each) for each in rest]
    return action


def assemble_script(items, target):
    base, commands = os.path.splitext(target)[0], []

    def module(item):
        file = f"{base}.{len(commands)}.wasm"
        with open(file, "wb") as out:
            out.write(Module(item).bytes())
        return os.path.basename(file)

    for line, item in enumerate(items, 1):
        kind, command = item[0], {"line": line}
        if kind == "module":
            rest = item[1:]
            if rest and isinstance(rest[0], str):
                command["name"] = rest.pop(0)
            command |= {"type": "module", "filename": module(rest)}
        elif kind == "register":
            command |= {"type": "register", "as": item[1].decode()}
            if len(item) > 2:
                command["name"] = item[2]
        elif kind in ("invoke", "get"):
            command |= {"type": "action", "action": action_json(item), "expected": []}
        elif kind == "assert_return":
            command |= {"type": kind, "action": action_json(item[1]),
                        "expected": [constant_json(each) for each in item[2:]]}
        elif kind == "assert_trap":
            command |= {"type": kind, "action": action_json(item[1]),
                        "text": item[2].decode()}
        elif kind == "assert_unlinkable":
            command |= {"type": kind, "filename": module(item[1][1:]),
                        "module_type": "binary", "text": item[2].decode()}
        else:
            raise SyntaxError(kind)
        commands.append(command)
    with open(target, "w") as out:
        json.dump({"source_filename": os.path.basename(target), "commands": commands}, out)


# The encoding of before the proposal was finished, as far as the benchmark of
# utils/bench needs it: V8 11 (Node 20) knows no other.
before_final = "--before-final" in sys.argv


def main():
    source, target = (each for each in sys.argv[1:] if each != "--before-final")
    with open(source) as file:
        items = parse(file.read())
    if target.endswith(".json"):
        assemble_script(items, target)
        return
    with open(target, "wb") as out:
        out.write(Module(items[0][1:]).bytes())


main()
