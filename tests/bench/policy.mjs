// policy: how long a decision takes and how fast the attacker plays at the pure level; no deployment is needed.
//   node tests/bench/policy.mjs [--only WORD]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.LYCEUM_BUILD ?? path.join(root, 'build');
const at = process.argv.indexOf('--only');
if (at > 0 && !'policy'.includes(process.argv[at + 1])) process.exit(0);
let missed = 0;
const report = (what, figure, goal, ok) => {
  missed += ok ? 0 : 1;
  console.log(`${ok ? 'ok  ' : 'MISS'} ${what.padEnd(58)} ${figure.padEnd(44)} goal ${goal}`);
};
// On two cores, as the goal says.
const run = (program, args) => spawnSync('taskset', ['-c', '0,1', path.join(build, program), ...args], { encoding: 'utf8' });

const b = run('bench_policy', ['20000000']);
if (b.status === 0) {
  const j = JSON.parse(b.stdout);
  report('policy: one decision', `${j.decide_ns.toFixed(1)} ns (n ${j.rounds})`, '< 5 us', j.decide_ns < 5000);
  report('policy: labels of 8 datasets joined, case, decision', `${j.flow_ns.toFixed(0)} ns`, '< 5 us', j.flow_ns < 5000);
} else report('policy: one decision', `did not run: ${b.stderr}`, '< 5 us', false);
const a = run('tests/attack_pure', ['200000', '--seed', '11']);
const m = /^(\d+) traces in ([\d.]+) s/m.exec(a.stdout ?? '');
const rate = m ? Number(m[1]) / Number(m[2]) : 0;
report('policy: attack traces at the pure level', m ? `${rate.toFixed(0)} a second: 20,000 in ${(20000 / rate).toFixed(1)} s` : `did not run: ${a.stderr}${a.stdout}`.slice(0, 200),
  '20,000 < 60 s', a.status === 0 && 20000 / rate < 60);
process.exitCode = missed > 0 ? 1 : 0;
