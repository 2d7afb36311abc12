// plugin: what a call of a plugin's tool costs, warm and cold, beside the bare interpreters' start; no deployment is needed.
//   node tests/bench/plugin.mjs [--only WORD]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.LYCEUM_BUILD ?? path.join(root, 'build');
const at = process.argv.indexOf('--only');
if (at > 0 && !'plugin'.includes(process.argv[at + 1])) process.exit(0);
let missed = 0;
const report = (what, figure, goal, ok) => {
  missed += ok ? 0 : 1;
  console.log(`${ok ? 'ok  ' : 'MISS'} ${what.padEnd(58)} ${figure.padEnd(44)} goal ${goal}`);
};
const ms = us => (us / 1000).toFixed(2);
const r = spawnSync(path.join(build, 'bench_plugin'), [], { encoding: 'utf8' });
if (r.status === 0) {
  const j = JSON.parse(r.stdout.trim().split('\n').at(-1));
  report('plugin: a call, warm (C)', `p50 ${ms(j.warm_c.p50)} ms, p99 ${ms(j.warm_c.p99)} ms (n ${j.warm_c.n})`, 'p50 <= 1 ms', j.warm_c.p50 <= 1000);
  report('plugin: a call with a new process (C)', `p50 ${ms(j.cold_c.p50)} ms, p99 ${ms(j.cold_c.p99)} ms (n ${j.cold_c.n})`, 'p50 <= 8 ms', j.cold_c.p50 <= 8000);
  for (const [name, what] of [['python3', 'python3 -c pass'], ['node', 'node -e 0']]) {
    const cold = j[`cold_${name}`], bare = j[`bare_${name}`];
    if (!cold) { console.log(`     plugin: ${name} is not installed: skipped`); continue; }
    const ratio = cold.p50 / bare.p50;
    report(`plugin: a call with a new process (${name}), against ${what}`, `${ratio.toFixed(2)}x (p50 ${ms(cold.p50)} / ${ms(bare.p50)} ms)`, '<= 2x', ratio <= 2);
  }
} else report('plugin: a call, warm (C)', `did not run: ${r.stderr}`.slice(0, 200), 'p50 <= 1 ms', false);
// What is verified before any of it runs: signatures, versions, proofs, every byte; and the log's own work.
const v = spawnSync(path.join(build, 'bench_trust'), [], { encoding: 'utf8' });
if (v.status === 0) {
  const j = JSON.parse(v.stdout.trim().split('\n').at(-1));
  report('plugin: a bundle of 200 files verified', `p50 ${ms(j.bundle.p50)} ms, p99 ${ms(j.bundle.p99)} ms (n ${j.bundle.n})`, 'p50 <= 20 ms', j.bundle.p50 <= 20000);
  report('plugin: inclusion in a log of 100,000, made and checked', `p50 ${ms(j.inclusion.p50)} ms, p99 ${ms(j.inclusion.p99)} ms (n ${j.inclusion.n})`, 'p50 <= 1 ms', j.inclusion.p50 <= 1000);
} else report('plugin: a bundle of 200 files verified', `did not run: ${v.stderr}`.slice(0, 200), 'p50 <= 20 ms', false);
process.exitCode = missed > 0 ? 1 : 0;
