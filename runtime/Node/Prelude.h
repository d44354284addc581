// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The part of an addon that is JavaScript: classes Memory, Table, Global, Tag
// and Exception, as WebAssembly's JavaScript interface has them, and reading
// imports. A function of `native`, Addon.cpp's part, which returns what
// require() does.
//
// A thing is an external value of Addon.cpp's; it is in a store, `held`, which
// is another. What JavaScript makes itself (new Memory) is made when it is
// first needed, in the store of the instance that imports it, so that a memory
// and a table can be imported together.

#pragma once

namespace moat::node {

inline constexpr char prelude[] = R"js((native) => {
'use strict';
const states = new WeakMap(), natives = new WeakMap();
const failWith = (type, code, text) => { throw Object.assign(new type(text), { code }); };

// Of a thing's object: {kind, thing, held, kept}, or before it is made {kind, make}.
const register = (object, state) => { states.set(object, state); return object; };
const stateOf = (object, kind) => {
  const state = states.get(object);
  if (state?.kind !== kind)
    throw new TypeError(`receiver is not a ${kind} of this addon`);
  return state;
};
// There is one object for a thing, as long as somebody has it.
const known = (kept) => kept.objects ??= new Map();
const make = (object, state, held) => {
  state.held = held;
  state.thing = state.make(held);
  state.kept = native.keptOf(held);
  state.make = undefined;
  known(state.kept).set(native.idOf(state.thing), new WeakRef(object));
};
const objectOf = (kind, thing, held) => {
  const kept = native.keptOf(held), id = native.idOf(thing), found = known(kept).get(id)?.deref();
  if (found)
    return found;
  const object = register(Object.create(classes[kind].prototype), { kind, thing, held, kept });
  known(kept).set(id, new WeakRef(object));
  return object;
};
const thingOf = (object, kind) => {
  const state = stateOf(object, kind);
  if (state.make)
    make(object, state, native.createStore());
  return state.thing;
};
const unsigned = (value, what) => {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number < 2 ** 32))
    throw new TypeError(`${what} must be a number from 0 to 4294967295`);
  return number;
};
const limits = (descriptor, what) => {
  if (typeof descriptor !== 'object' || descriptor === null)
    throw new TypeError(`${what}: the descriptor must be an object`);
  const initial = unsigned(descriptor.initial, `${what}: initial`);
  const maximum = descriptor.maximum === undefined ? undefined
    : unsigned(descriptor.maximum, `${what}: maximum`);
  if (maximum < initial)
    throw new RangeError(`${what}: the maximum is below the initial size`);
  return [initial, maximum];
};

class Memory {
  constructor(descriptor) {
    const [initial, maximum] = limits(descriptor, 'Memory');
    const shared = Boolean(descriptor.shared);
    if (shared && maximum === undefined)
      throw new TypeError('Memory: a shared one needs a maximum');
    register(this, { kind: 'Memory', make: (held) => native.makeMemory(held, initial, maximum, shared) });
  }
  get buffer() { return native.memoryBuffer(thingOf(this, 'Memory')); }
  grow(delta) {
    const old = native.memoryGrow(thingOf(this, 'Memory'), unsigned(delta, 'Memory.grow: delta'));
    if (old < 0)
      throw new RangeError('Memory.grow: past the maximum, or no memory');
    return old;
  }
}
// A missing element is null, but undefined where it can be.
const elementOf = (thing, value) => value === undefined && !native.isExternTable(thing) ? null : value;
class Table {
  constructor(descriptor, value = null) {
    const [initial, maximum] = limits(descriptor, 'Table');
    const isExtern = descriptor.element === 'externref';
    if (!isExtern && descriptor.element !== 'anyfunc' && descriptor.element !== 'funcref')
      throw new TypeError("Table: an addon has tables of functions (element: 'anyfunc') and of 'externref'");
    const first = arguments.length < 2 ? undefined : value;
    register(this, { kind: 'Table', make: (held) => {
      const table = native.makeTable(held, initial, maximum, isExtern);
      for (let i = 0; isExtern && i < initial; ++i)
        native.tableSet(table, i, first);
      return table;
    } });
    if (value !== null && !isExtern)
      for (let i = 0; i < initial; ++i)
        this.set(i, value);
  }
  get length() { return native.tableLength(thingOf(this, 'Table')); }
  get(index) {
    const thing = thingOf(this, 'Table'), at = unsigned(index, 'Table.get: index');
    if (at >= native.tableLength(thing))
      throw new RangeError(`Table.get: no element ${at}`);
    return native.tableGet(thing, at);
  }
  set(index, value) {
    const thing = thingOf(this, 'Table'), at = unsigned(index, 'Table.set: index');
    value = elementOf(thing, value);
    if (at >= native.tableLength(thing))
      throw new RangeError(`Table.set: no element ${at}`);
    if (!native.tableSet(thing, at, value))
      throw new TypeError('Table.set: not null or a function of an instance of the same store');
  }
  grow(delta, value) {
    const thing = thingOf(this, 'Table');
    const old = native.tableGrow(thing, unsigned(delta, 'Table.grow: delta'), elementOf(thing, value));
    if (old < 0)
      throw new RangeError('Table.grow: past the maximum, no memory, or not a function of the same store');
    return old;
  }
}
const types = ['i32', 'i64', 'f32', 'f64', 'externref'];
const checkType = (type, what) => {
  if (!types.includes(type))
    throw new TypeError(`${what}: ${String(type)}: an addon has values of i32, i64, f32, f64 and externref`);
  return type;
};
class Global {
  constructor(descriptor, value) {
    const type = checkType(descriptor?.value, 'Global');
    const first = type === 'externref' ? (arguments.length < 2 ? null : value) // as V8 has it
      : value === undefined ? (type === 'i64' ? 0n : 0) : native.convert(type, value);
    const isMutable = Boolean(descriptor.mutable);
    register(this, { kind: 'Global', make: (held) => native.makeGlobal(held, type, isMutable, first) });
  }
  get value() { return native.globalGet(thingOf(this, 'Global')); }
  set value(value) {
    if (!native.globalSet(thingOf(this, 'Global'), value))
      throw new TypeError('Global.value: it is immutable');
  }
  valueOf() { return this.value; }
}
class Tag {
  constructor(descriptor) {
    const parameters = Array.from(descriptor?.parameters, (type) => checkType(type, 'Tag'));
    const text = parameters.length ? `(func (param ${parameters.join(' ')}))` : '(func)';
    register(this, { kind: 'Tag', make: (held) => native.makeTag(held, text) });
  }
}
class Exception extends Error {
  #tag; #values;
  constructor(tag, values) {
    super('WebAssembly exception');
    const thing = thingOf(tag, 'Tag');
    this.#values = native.convertAll(thing, Array.from(values));
    this.#tag = tag;
    natives.set(this, { thing, values: this.#values });
  }
  get name() { return 'Exception'; }
  is(tag) { return native.isSame(thingOf(tag, 'Tag'), thingOf(this.#tag, 'Tag')); }
  getArg(tag, index) {
    if (!this.is(tag))
      throw new TypeError('Exception.getArg: it has another tag');
    const at = unsigned(index, 'Exception.getArg: index');
    if (at >= this.#values.length)
      throw new RangeError(`Exception.getArg: no value ${at}`);
    return this.#values[at];
  }
}
const classes = { Memory, Table, Global, Tag };

// What a guest threw and nobody caught, as an Exception; and what an imported
// function threw, if it is one: [tag, values].
const makeException = (held, thing, values, backtrace) => {
  const tag = objectOf('Tag', thing, held);
  return Object.assign(new Exception(tag, values), { code: 'ERR_MOAT_EXCEPTION', backtrace });
};
const partsOf = (thrown) => {
  const parts = thrown instanceof Exception ? natives.get(thrown) : undefined;
  return parts && [parts.thing, parts.values];
};

// An Error of the class that it has in WebAssembly's JavaScript interface; node --jitless
// has none.
const { RuntimeError = Error, LinkError = Error } = globalThis.WebAssembly ?? {};
const errorClasses = { ERR_MOAT_TRAP: RuntimeError, ERR_MOAT_LINK: LinkError };
const makeError = (code, text) => Object.assign(new (errorClasses[code] ?? Error)(text), { code });
// External references: values by number, which live as long as the store; -0 is no key of a Map.
const externs = (kept) => kept.externs ??= { values: [], ids: new Map() };
const minusZero = Symbol();
const externIdOf = (kept, value) => {
  const { values, ids } = externs(kept), key = Object.is(value, -0) ? minusZero : value;
  let id = ids.get(key);
  if (id === undefined)
    ids.set(key, id = values.push(value) - 1);
  return id;
};
const externOf = (kept, id) => externs(kept).values[id];
const failForImport = ({ module, name, wanted }, reason) =>
  failWith(LinkError, 'ERR_MOAT_LINK', `incompatible import type: "${module}" "${name}": wanted ${wanted}: ${reason}`);
const imports = native.imports();

const badType = (text) => failWith(TypeError, 'ERR_INVALID_ARG_TYPE', text);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const wasiModules = ['wasi_snapshot_preview1', 'wasi_unstable'];
// What Node's class WASI checks, and reading the options in C++ does not.
const checkOptions = (options, given) => {
  if (options.env !== undefined && !isObject(options.env))
    badType('options.env must be an object');
  if (options.preopens !== undefined && !isObject(options.preopens))
    badType('options.preopens must be an object');
  for (const name of ['stdin', 'stdout', 'stderr']) {
    const fd = options[name];
    if (fd === undefined)
      continue;
    if (typeof fd !== 'number')
      badType(`options.${name} must be a number`);
    if (!Number.isInteger(fd) || fd < 0 || fd >= 2 ** 31)
      failWith(RangeError, 'ERR_OUT_OF_RANGE', `options.${name} must be an integer from 0 to 2147483647`);
  }
  if (options.version === undefined &&
      imports.some(({ module }) => wasiModules.includes(module) && given?.[module] === undefined))
    badType(`options.version must be a string: "unstable" or "preview1"`);
};

const instantiate = (options = {}) => {
  if (!isObject(options))
    badType('options must be an object');
  const given = options.imports;
  if (given !== undefined && !isObject(given))
    badType('options.imports must be an object');
  checkOptions(options, given);
  const values = imports.map(({ module, name }) => {
    const from = given?.[module];
    if (from === undefined)
      return undefined;
    if ((typeof from !== 'object' && typeof from !== 'function') || from === null)
      badType(`options.imports: "${module}" must be an object`);
    return from[name];
  });
  // Things that have a store already decide.
  let held;
  imports.forEach((each, i) => {
    const state = states.get(values[i]);
    if (state?.kind !== each.kind || state.make)
      return;
    if (held !== undefined && held !== state.held)
      failForImport(each, 'it belongs with another instance than the other imports');
    held = state.held;
  });
  held ??= native.createStore();
  const kept = native.keptOf(held);
  imports.forEach((each, i) => {
    const { kind } = each, value = values[i];
    if (kind === 'Function' || value === undefined)
      return;
    const state = states.get(value), type = typeof value;
    if (kind === 'Global' && (type === 'number' || type === 'bigint')) {
      if ((each.type === 'i64') !== (type === 'bigint') || !types.includes(each.type))
        failForImport(each, `found a ${type}, and it is of type ${each.type}`);
      values[i] = native.makeGlobal(held, each.type, false, value);
      return;
    }
    if (state?.kind !== kind)
      failForImport(each, `found no ${kind} of this addon (an export of an instance, or made with new ${kind})`);
    if (state.make)
      make(value, state, held);
    values[i] = state.thing;
  });
  const { instance, exports } = native.create(held, options, values);
  const own = Object.create(null);
  for (const [name, kind, value] of exports)
    own[name] = kind === 'Function' ? value : objectOf(kind, value, held);
  instance.exports = Object.freeze(own);
  states.set(instance, { kept });
  return instance;
};
native.setCallbacks(makeException, partsOf, makeError, externIdOf, externOf);
return Object.assign(instantiate, classes, { Exception });
}
)js";

} // namespace moat::node
