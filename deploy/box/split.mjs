// split: makes of wasm2c's one large C file several that compile side by side, with loads and stores at a constant address.
//   node split.mjs IN.c PREFIX PARTS     writes PREFIX_common.h, PREFIX_main.c and PREFIX_0.c ... PREFIX_<PARTS-1>.c
import fs from 'node:fs';
import path from 'node:path';

const [input, prefix, count] = process.argv.slice(2);
const parts = Number(count);
// Long parameter lists are wrapped: one declaration, one line.
const text = fs.readFileSync(input, 'utf8').replace(/,\s*\n\s+(?=(?:u32|u64|f32|f64)\b)/g, ', ');
const lines = text.split('\n');
const find = (what, from = 0) => {
  const at = lines.findIndex((line, i) => i >= from && line.startsWith(what));
  if (at < 0) throw new Error(`${input} has no line that starts with "${what}": is this another version of wasm2c?`);
  return at;
};

// 1. Macros and helpers, the same for all parts. A load that nobody uses may be left out, and every address is a constant
//    plus 33 bits: see memory.h. Each replacement must be found, or the result would be slow without a word.
const types = find('static u32 func_types[');
let prelude = lines.slice(0, types).join('\n').replace('static bool s_module_initialized = false;', '');
for (const [from, to] of [
  [/&mem->data\[addr\]/g, 'BOX_MEMORY + addr'],
  [/wasm_asm\("" ::"r"\(result\)\);/g, ''],
  [/mem->data \+ d/g, 'BOX_MEMORY + d'],
  [/dest->data \+ dest_addr, src->data \+ src_addr, n\)/g, 'BOX_MEMORY + dest_addr, BOX_MEMORY + src_addr, n)'],
  [/&\(m\.data\[o\]\)/g, 'BOX_MEMORY + (o)'],
]) {
  if (!from.test(prelude)) throw new Error(`${input} has no ${from}: is this another version of wasm2c?`);
  prelude = prelude.replace(from, to);
}
// Types have numbers from one on, in order, so both sides of an indirect call's check are constants or in the table; an
// empty place has number 0, and needs no check of its own.
prelude = prelude.replace(/#define CALL_INDIRECT[\s\S]*?\n\n/, `#define CALL_INDIRECT(table, t, ft, x, ...) \\
  (LIKELY((x) < table.size && table.data[x].func_type == (ft) + 1u) || TRAP(CALL_INDIRECT), \\
   ((t)table.data[x].func)(__VA_ARGS__))

`);
if (!prelude.includes('(ft) + 1u')) throw new Error(`${input} has no CALL_INDIRECT: is this another version of wasm2c?`);
prelude = prelude.replace(/#include "py\.h"/, '#include "py.h"\n#include "memory.h"');

// There is one guest: its globals have an address, and functions need not hand on whose they are.
const single = line => line
  .replace(/instance->w2c_T0\.data\[\w+\]\.module_instance(, )?/g, '')
  .replace(/(CALL_INDIRECT\(.*?), \)/g, '$1)')
  .replace(/\(\*\)\(void\*, /g, '(*)(').replace(/\(\*\)\(void\*\)/g, '(*)(void)')
  .replace(/instance->Z_\w+/g, '0')
  .replace(/\b(w2c_\w+)\(instance, /g, '$1(').replace(/\b(w2c_\w+)\(instance\)/g, '$1()')
  .replace(/instance->w2c_/g, 'box_guest.w2c_')
  .replace(/\((?:Z_py_instance_t\*)(?: instance)?, /, '(').replace(/\((?:Z_py_instance_t\*)(?: instance)?\)/, '(void)');

// 2. Functions of the module are known to all parts by a declaration; the rest (tables, segments, set-up) is the main part's.
const setup = find('static void init_func_types');
const afterSetup = lines.indexOf('}', setup);
const signatures = lines.slice(setup + 1, afterSetup).map(line => line.replace(/^.*= /, ''));
if (new Set(signatures).size !== signatures.length) throw new Error('Two function types are alike: their numbers would be too.');
if (lines.some((line, i) => i > afterSetup && /\(wasm_rt_function_ptr_t\)Z_/.test(line))) throw new Error('A call of the host is in the table.');
const hidden = '__attribute__((visibility("hidden"))) ';
const declared = [], functions = [], rest = [];
for (let i = afterSetup + 1; i < lines.length; i++) {
  const declaration = /^static (.*\bw2c_\w+\(Z_py_instance_t\*.*\);)$/.exec(lines[i]);
  const definition = /^static (.*\bw2c_\w+\(Z_py_instance_t\* instance.*\) \{)$/.exec(lines[i]);
  if (declaration) {
    declared.push(hidden + single(declaration[1]));
  } else if (definition) {
    const end = lines.indexOf('}', i);
    functions.push([definition[1], ...lines.slice(i + 1, end + 1)].map(single));
    i = end;
  } else {
    rest.push(lines[i].replace(/\b(w2c_\w+)\(instance, /g, '$1(').replace(/\b(w2c_\w+)\(instance\)/g, '$1()'));
  }
}
if (functions.length === 0 || declared.length < functions.length)
  throw new Error(`${functions.length} functions with ${declared.length} declarations: is this another version of wasm2c?`);

const name = path.basename(prefix);
fs.writeFileSync(`${prefix}_common.h`, [prelude, `extern ${hidden}Z_py_instance_t box_guest;`, `extern ${hidden}${lines[types].slice('static '.length)}`, ...declared, ''].join('\n'));
fs.writeFileSync(`${prefix}_main.c`, [`#include "${name}_common.h"`, 'static bool s_module_initialized = false;',
  lines[types].slice('static '.length), ...lines.slice(setup, afterSetup + 1), ...rest, ''].join('\n'));
// 3. Parts of about the same size.
const total = functions.reduce((n, f) => n + f.length, 0);
const out = Array.from({ length: parts }, () => [`#include "${name}_common.h"`]);
let at = 0;
for (const f of functions) {
  out[Math.min(parts - 1, Math.floor(at * parts / total))].push(f.join('\n'));
  at += f.length;
}
out.forEach((part, i) => fs.writeFileSync(`${prefix}_${i}.c`, part.join('\n') + '\n'));
console.log(`${functions.length} functions in ${parts} files`);
