// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a WASI program in Node with the folders and variables that it is given, and reports on
// standard error, as JSON, the wall and CPU seconds of its run alone: neither Node's start nor
// the module's compilation are in them. If the module marks what is to be timed (imports of
// benchmark suites, bench.start and bench.end), the seconds between are there, too.
//
//   node --no-warnings node.mjs [--dir=HOST::GUEST] [--env=NAME=VALUE] program.wasm [argument...]

import {readFile} from 'node:fs/promises';
import {WASI} from 'node:wasi';

const args = process.argv.slice(2), preopens = {}, env = {};
const behind = (text, separator) => {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
};
for (; args[0]?.startsWith('--'); args.shift()) {
  const [option, value] = behind(args[0], '=');
  const [name, rest] = behind(value, option === '--dir' ? '::' : '=');
  if (option === '--dir')
    preopens[rest] = name;
  else
    env[name] = rest;
}
const path = args[0];
const wasi = new WASI({version: 'preview1', args, env, preopens, returnOnExit: true});
const module = await WebAssembly.compile(await readFile(path));
let started, marked;
const bench = {
  start() { started = process.hrtime.bigint(); },
  end() { marked = Number(process.hrtime.bigint() - started) / 1e9; },
};
const instance = await WebAssembly.instantiate(module, {...wasi.getImportObject(), bench});
const cpu = process.cpuUsage(), wall = process.hrtime.bigint();
const code = wasi.start(instance);
const seconds = Number(process.hrtime.bigint() - wall) / 1e9;
const used = process.cpuUsage(cpu);
console.error(JSON.stringify({wall: seconds, cpu: (used.user + used.system) / 1e6, marked}));
process.exitCode = code;
