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
      const name = /lyceum-[a-z]+( (public|private))?|nginx|svlogd|runsv(dir)?/.exec(cmd)?.[0] ?? 'other';
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

function query(d) {
  const r = spawnSync(path.join(BUILD, 'bench_query'), [d.state, 'bench'], { encoding: 'utf8', env: d.env });
  if (r.status !== 0) { report('foreign query', `did not run: ${r.stderr}`.slice(0, 100), 'p50 <= 1 ms', false); return; }
  const j = JSON.parse(r.stdout.trim().split('\n').at(-1));
  report('foreign query: overhead over SQLite in the process', `p50 ${fixed(j.overhead_p50_us / 1000, 3)} ms, p99 ${fixed(j.overhead_p99_us / 1000, 3)} ms (n ${j.n})`, 'p50 <= 1 ms', j.overhead_p50_us <= 1000);
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
  const inner = spawnSync(path.join(BUILD, 'bench_query'), [d.state, 'bench'], { encoding: 'utf8', env: d.env });
  const base = inner.status === 0 ? JSON.parse(inner.stdout.trim().split('\n').at(-1)).in_process_p50_us / 1000 : 0;
  report('agent: overhead of a tool call, query itself excluded', `p50 ${fixed(median(gaps) - base)} ms`, 'p50 <= 2 ms', median(gaps) - base <= 2);
}

function streams(d) {
  const r = spawnSync(path.join(BUILD, 'bench_stream'), [d.state, arg('streams', '2000'), String(Math.max(seconds, 10))], { encoding: 'utf8', env: d.env, timeout: 300000 });
  if (r.status !== 0) { report('live streams', `did not run: ${(r.stderr || r.stdout || String(r.error)).slice(0, 160)}`, '0 lost, 0 doubled', false); return; }
  const j = JSON.parse(r.stdout.trim().split('\n').at(-1));
  report(`${j.streams} live streams, ${j.reconnects} reconnects`, `${j.lost} lost, ${j.doubled} doubled, p50 ${fixed(j.p50_ms)} ms, p99 ${fixed(j.p99_ms)} ms`, '0 lost, 0 doubled', j.lost === 0 && j.doubled === 0);
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
if (wants('query')) query(d);
if (wants('agent')) await agent(d);
if (wants('stream')) streams(d);
console.log(JSON.stringify(rows));
d.stop();
process.exitCode = rows.some(r => r.ok === false) ? 1 : 0;
