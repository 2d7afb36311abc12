// layers: every #include of app/ must be allowed by app/LAYERS, and every folder must stand there and in app/MAP.md.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const app = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'app');
const rules = new Map();
for (const line of fs.readFileSync(path.join(app, 'LAYERS'), 'utf8').split('\n')) {
  const m = /^([a-z]+):\s*(.*)$/.exec(line);
  if (m) rules.set(m[1], m[2].split(/\s+/).filter(Boolean));
}
const folders = fs.readdirSync(app, { withFileTypes: true }).filter(d => d.isDirectory()).map(d => d.name);
const files = folder => fs.readdirSync(path.join(app, folder), { recursive: true, withFileTypes: true })
  .filter(d => d.isFile() && /\.[ch]$/.test(d.name)).map(d => path.join(d.parentPath ?? d.path, d.name));

let passed = 0;
const bad = [];
const map = fs.readFileSync(path.join(app, 'MAP.md'), 'utf8');
const check = (ok, what) => { if (ok) passed++; else bad.push(what); };
for (const folder of folders) {
  check(rules.has(folder), `app/${folder} has no line in app/LAYERS`);
  if (files(folder).length > 0) check(map.includes(`${folder}/`), `app/${folder} is not described in app/MAP.md`);
  const allowed = rules.get(folder) ?? [];
  for (const file of files(folder)) {
    for (const m of fs.readFileSync(file, 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const target = m[1].split('/')[0];
      if (!m[1].includes('/')) { check(target === 'views.h', `${path.relative(app, file)} includes "${m[1]}" without its folder`); continue; }
      const ok = target === folder || allowed.includes('*') || allowed.includes(target) || allowed.includes(m[1]);
      check(ok, `${path.relative(app, file)} includes ${m[1]}: app/LAYERS does not allow ${folder} -> ${target}`);
    }
  }
}
// What our code must never call: unbounded or shell-running functions. tests/ and the build's own tools are not the product.
const poison = /\b(strcpy|strcat|sprintf|strtok|atoi|system|popen|gets|vsprintf)\s*\(/;
for (const folder of folders)
  for (const file of files(folder)) {
    fs.readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
      const code = line.replace(/\/\*.*?\*\/|\/\/.*|"(\\.|[^"\\])*"/g, '');
      if (poison.test(code) && !/^\s*\*/.test(line)) bad.push(`${path.relative(app, file)}:${i + 1} calls ${poison.exec(code)[1]}`);
    });
    if (folder !== 'base' && !file.includes('/template/compile/'))
      check(!/\b(malloc|calloc|realloc)\s*\(/.test(fs.readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|"(\\.|[^"\\])*"/g, '')),
        `${path.relative(app, file)} allocates outside base`);
  }
for (const b of bad) console.log(`not ok: ${b}`);
console.log(`${passed} passed, ${bad.length} failed`);
process.exit(bad.length ? 1 : 0);
