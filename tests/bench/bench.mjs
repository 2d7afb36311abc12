// bench: ratios, each against a bare thing that runs side by side in the same run. Prints a table and one JSON line.
//   node tests/bench/bench.mjs [--only WORD] [--seconds N]
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BUILD, Deployment, ROOT, sleep, until, freePort } from '../support/deployment.mjs';

const arg = (n, fallback) => { const i = process.argv.indexOf(`--${n}`); return i < 0 ? fallback : process.argv[i + 1]; };
const only = arg('only', ''), seconds = Number(arg('seconds', '5'));
const rows = [];
const report = (what, figure, goal, ok) => {
  rows.push({ what, figure, goal, ok });
  console.log(`${ok === null ? '    ' : ok ? 'ok  ' : 'MISS'} ${what.padEnd(58)} ${figure.padEnd(44)} goal ${goal}`);
};
const wants = w => !only || w.includes(only);
const fixed = (n, k = 2) => n.toFixed(k);
const median = a => [...a].sort((x, y) => x - y)[Math.floor(a.length / 2)];
const quantile = (a, q) => [...a].sort((x, y) => x - y)[Math.min(a.length - 1, Math.floor(a.length * q))];

// wrk over loopback, bounded in connections and time.
function wrk(url, connections = 64) {
  const r = spawnSync('wrk', ['-t2', `-c${connections}`, `-d${seconds}s`, '--latency', url], { encoding: 'utf8' });
  const unit = { us: 1e-3, ms: 1, s: 1e3 };
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(r.stdout);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(r.stdout);
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(r.stdout);
  if (!p99 || !rate) throw new Error(`wrk said: ${r.stdout}${r.stderr}`);
  return { rate: Number(rate[1]), p99: Number(p99[1]) * unit[p99[2]], bad: bad ? Number(bad[1]) : 0 };
}
// A B A B A B: the median of each, so that a drifting machine hits both.
function pairs(a, b, n = 3) {
  const xs = [], ys = [];
  for (let i = 0; i < n; i++) { xs.push(a()); ys.push(b()); }
  const mid = v => ({ rate: median(v.map(x => x.rate)), p99: median(v.map(x => x.p99)), bad: v.reduce((n2, x) => n2 + x.bad, 0) });
  return [mid(xs), mid(ys)];
}

// Memory of every process of a deployment, shared pages shared out (PSS), in MB.
function pss(d) {
  let total = 0;
  const parts = {};
  for (const pid of fs.readdirSync('/proc').filter(x => /^\d+$/.test(x))) {
    try {
      const cmd = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0/g, ' ');
      const parent = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1];
      const ours = cmd.includes(d.state) || (/^nginx: worker/.test(cmd) && fs.readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes(d.state));
      if (!ours) continue;
      const kb = Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
      const name = /(?<=bin\/)lyceum-[a-z]+( (public|private))?|nginx|svlogd|runsv(dir)?/.exec(cmd)?.[0] ?? 'other';
      parts[name] = (parts[name] ?? 0) + kb / 1024;
      total += kb / 1024;
    } catch { /* gone */ }
  }
  return { total, parts };
}

async function tablePage(d) {
  const page = await d.get('/bench/items?_size=100');
  if (page.status !== 200) throw new Error(`the table page answers ${page.status}`);
  const pageFile = path.join(d.state, 'page.html');
  fs.writeFileSync(pageFile, page.body);
  const sock = path.join(d.state, 'run/bare.sock');
  const follower = fs.realpathSync(path.join(d.state, 'followers/bench/current.db'));
  const workers = 4;
  const bare = spawn(path.join(BUILD, 'bare_fcgi'), [sock, follower, 'select * from items order by id limit 101', pageFile, String(workers)], { stdio: 'inherit' });
  await until('the bare program', () => fs.existsSync(sock));
  const port = await freePort();
  const conf = path.join(d.state, 'nginx/bare.conf');
  const main = fs.readFileSync(path.join(d.state, 'nginx/nginx.conf'), 'utf8');
  // The same nginx with the same settings; only the pages' upstream differs, and nothing is cached.
  fs.writeFileSync(conf, main.replace('fastcgi_pass lyceum_web;', `fastcgi_pass unix:${sock};`));
  const bareDir = path.join(d.state, 'nginx-bare');
  fs.cpSync(path.join(d.state, 'nginx'), bareDir, { recursive: true });
  for (const f of ['main.conf', 'paths.conf', 'listen.conf']) {
    const p = path.join(bareDir, 'deploy/nginx/settings', f);
    fs.writeFileSync(p, fs.readFileSync(p, 'utf8').replaceAll(`${d.state}/nginx/`, `${bareDir}/`).replace('nginx.pid', 'nginx-bare.pid')
      .replace(`127.0.0.1:${d.port}`, `127.0.0.1:${port}`));
  }
  fs.renameSync(path.join(bareDir, 'bare.conf'), path.join(bareDir, 'nginx.conf'));
  spawnSync('chown', ['-R', 'www-data', bareDir]);
  const front = spawn('nginx', ['-c', path.join(bareDir, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'inherit' });
  await until('the bare front', async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.status === 200);
  // ?_size and a cookie that means nothing: uncached.
  const [ours, other] = pairs(() => wrkCookie(`${d.url}/bench/items?_size=100`), () => wrkCookie(`http://127.0.0.1:${port}/bench/items?_size=100`));
  const ratio = ours.rate / other.rate;
  report('table page, 100 rows, uncached, against bare libfcgi', `${fixed(ratio * 100, 1)}% (${fixed(ours.rate, 0)} / ${fixed(other.rate, 0)} a second)`, '>= 35%', ratio >= 0.35 && ours.bad === 0);
  report('table page p99 at 64 connections, against bare', `${fixed(ours.p99 / other.p99)}x (${fixed(ours.p99)} / ${fixed(other.p99)} ms)`, '<= 3x', ours.p99 <= 3 * other.p99);
  front.kill();
  bare.kill();
}
function wrkCookie(url) {
  const lua = path.join('/tmp', 'lyceum-bench-cookie.lua');
  fs.writeFileSync(lua, 'wrk.headers["Cookie"] = "uncached=1"\n');
  const r = spawnSync('wrk', ['-t2', '-c64', `-d${seconds}s`, '--latency', '-s', lua, url], { encoding: 'utf8' });
  const unit = { us: 1e-3, ms: 1, s: 1e3 };
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(r.stdout), rate = /Requests\/sec:\s+([\d.]+)/.exec(r.stdout);
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(r.stdout);
  return { rate: Number(rate[1]), p99: Number(p99[1]) * unit[p99[2]], bad: bad ? Number(bad[1]) : 0 };
}

function cached(d) {
  const css = /\/static\/css\/lyceum\.css\?v=[0-9a-z]+/.exec(d.home)?.[0] ?? '/static/css/lyceum.css';
  // A static file of the page's size, so that the bytes are the same.
  fs.copyFileSync(path.join(d.state, 'page.html'), path.join(d.state, 'app/static/bench.html'));
  fs.chmodSync(path.join(d.state, 'app/static/bench.html'), 0o644);
  void css;
  const [hot, file] = pairs(() => wrk(`${d.url}/bench/items?_size=100`), () => wrk(`${d.url}/static/bench.html`));
  report('hot public page from nginx\'s cache, against a static file', `${fixed(hot.rate / file.rate * 100, 1)}% (${fixed(hot.rate, 0)} / ${fixed(file.rate, 0)} a second)`, '>= 80%', hot.rate >= 0.8 * file.rate && hot.bad === 0);
}

let inQuery = null; // ms: a foreign statement through the query service, of a client of its own
function query() {
  const r = spawnSync(path.join(BUILD, 'bench_query'), ['2000'], { encoding: 'utf8' });
  if (r.status !== 0) { report('foreign query', `did not run: ${r.stderr}`.slice(0, 100), 'p50 <= 1 ms', false); return; }
  const j = JSON.parse(r.stdout.trim().split('\n').at(-1));
  inQuery = j.foreign_us.p50 / 1000;
  const o = j.foreign_overhead_us;
  report('foreign query: overhead over SQLite in the process', `p50 ${fixed(o.p50 / 1000, 3)} ms, p99 ${fixed(o.p99 / 1000, 3)} ms (n ${j.rounds})`, 'p50 <= 1 ms', o.p50 <= 1000);
  const labels = j.labelled_us.p50 / j.foreign_us.p50 - 1;
  report('labels: a foreign query with 20 labelled columns, against none', `${fixed(labels * 100, 1)}% (${j.labelled_us.p50} / ${j.foreign_us.p50} us)`, '< 5%', labels < 0.05);
}

// The agent's own time for a tool call: from the model server's last byte to the next request, over many calls.
async function agent(d) {
  const { scriptModel } = await import('../support/model.mjs');
  const model = await scriptModel();
  d.lyceum(['model', 'set', 'calls', '--api', 'openai-chat', '--url', `${model.url}/agent/many-calls/v1`, '--model', 'scripted', '--clearance', 'private']);
  const r = await d.lyceumAsync(['ask', '--dataset', 'bench', '--model', 'calls', '--json', 'call on']).done;
  const gaps = (await model.json('/_gaps')).map(Number);
  model.stop();
  if (gaps.length < 10) { report('agent: overhead of a tool call', `only ${gaps.length} calls: ${r.stdout.slice(0, 200)}`, 'p50 <= 2 ms', false); return; }
  const sql = JSON.parse(r.stdout).results.length;
  report('agent: model\'s last byte to its next request, one SQL call', `p50 ${fixed(median(gaps))} ms, p99 ${fixed(quantile(gaps, 0.99))} ms (${sql} calls)`, 'see below', null);
  if (inQuery === null) query();
  report('agent: overhead of a tool call, the statement itself excluded', `p50 ${fixed(median(gaps) - inQuery)} ms`, 'p50 <= 2 ms', median(gaps) - inQuery <= 2);
}

// One viewer a turn, one event each 100 ms; two kills of stream and one of the agent on the way; bytes compared at the end.
function streams() {
  const n = arg('streams', '2000');
  const r = spawnSync(path.join(BUILD, 'bench_stream'), [path.join(BUILD, 'lyceum-stream'), n, '1', '60', '100', '100', '2', '1'], { encoding: 'utf8', timeout: 300000 });
  const m = /viewers (\d+), turns (\d+), events (\d+): finished (\d+), differing (\d+) \| reconnects (\d+), rewinds (\d+)/.exec(r.stdout);
  const l = /p50 (\d+) p99 (\d+)/.exec(r.stdout), k = /([\d.]+) KB a viewer/.exec(r.stdout);
  if (!m || !l) { report('live streams', `did not run: ${(r.stderr || r.stdout || String(r.error)).slice(-160)}`, '0 differing', false); return; }
  report(`${m[1]} live streams, ${m[6]} reconnects, ${m[7]} rewinds`, `${m[4]} whole, ${m[5]} differing; p50 ${fixed(l[1] / 1000, 1)}, p99 ${fixed(l[2] / 1000, 1)} ms; ${k?.[1]} KB each`, '0 lost or doubled', m[5] === '0' && m[4] === m[1]);
}

const d = await Deployment.start();
const csv = path.join(d.state, 'items.csv');
fs.writeFileSync(csv, 'id,name,category,price,stock,added,rating,notes\n' + Array.from({ length: 20000 }, (_, i) =>
  `${i + 1},Item number ${i + 1},${['tools', 'garden', 'kitchen', 'toys'][i % 4]},${(i * 37 % 9900 / 100).toFixed(2)},${i * 13 % 500},2024-${String(i % 12 + 1).padStart(2, '0')}-${String(i % 28 + 1).padStart(2, '0')},${(i % 50 / 10).toFixed(1)},A short note about item ${i + 1}`).join('\n') + '\n');
const pub = d.lyceum(['publish', csv, '--name', 'bench', '--table', 'items', '--public', '--pk', 'items.id']);
if (pub.status !== 0) throw new Error(pub.stdout + pub.stderr);
d.home = (await d.get('/')).body;
console.log(`${spawnSync('uname', ['-sr'], { encoding: 'utf8' }).stdout.trim()}, ${fs.readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm).length} CPUs; ${seconds} s a run, medians of three, in turn`);
if (wants('memory')) {
  await sleep(2000);
  const m = pss(d);
  report('idle memory of all processes (PSS)', `${fixed(m.total, 1)} MB`, '< 120 MB', m.total < 120);
  console.log('     ' + Object.entries(m.parts).map(([k, v]) => `${k} ${fixed(v, 1)}`).join(', '));
}
if (wants('table') || wants('cache')) await tablePage(d);
if (wants('cache') || wants('table')) cached(d);
if (wants('query')) query();
if (wants('agent')) await agent(d);
if (wants('stream')) streams();
console.log(JSON.stringify(rows));
d.stop();
process.exitCode = rows.some(r => r.ok === false) ? 1 : 0;
