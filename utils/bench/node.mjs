// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a WASI program in Node with no folder and no environment, and reports on standard
// error, as JSON, the wall and CPU seconds of its run alone: neither Node's start nor the
// module's compilation are in them.
//
//   node --no-warnings node.mjs program.wasm [argument...]

import {readFile} from 'node:fs/promises';
import {WASI} from 'node:wasi';

const [path, ...args] = process.argv.slice(2);
const wasi = new WASI({version: 'preview1', args: [path, ...args], env: {}, returnOnExit: true});
const module = await WebAssembly.compile(await readFile(path));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
const cpu = process.cpuUsage(), wall = process.hrtime.bigint();
const code = wasi.start(instance);
const seconds = Number(process.hrtime.bigint() - wall) / 1e9;
const used = process.cpuUsage(cpu);
console.error(JSON.stringify({wall: seconds, cpu: (used.user + used.system) / 1e6}));
process.exitCode = code;
