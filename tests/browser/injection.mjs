// injection: data, names, titles, file names, questions and a model's words that try to be HTML, script or a link elsewhere.
// On every page: nothing runs, no request leaves for another host, no element points there.
import { Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { launch, open } from '../support/browser.mjs';
import { freePort } from '../support/deployment.mjs';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const s = new Suite();
const EVIL = 'evil.test';
const bad = [
  `<script>window.pwned=1;fetch('http://${EVIL}/a')</script>`, `"><img src="http://${EVIL}/b" onerror="window.pwned=1">`, `' onmouseover='window.pwned=1' x='`, `[press](javascript:window.pwned=1)`, `![seen](http://${EVIL}/c)`,
  `<http://${EVIL}/d>`, `http://${EVIL}/e`, `[go](//${EVIL}/f "t")`, `[ref][1]\n\n[1]: http://${EVIL}/g`, `</textarea></title></script><svg/onload=window.pwned=1>`, `<link rel=prefetch href=//${EVIL}/h><base href=//${EVIL}/>`,
  `<meta http-equiv=refresh content="0;url=http://${EVIL}/i">`, `{{{page.title}}}{{constructor}}`, `\u202Egnp.exe\u2066`, `=HYPERLINK("http://${EVIL}/j";"x")`, `<iframe srcdoc="<script>parent.pwned=1</script>">`, `[d](data:text/html,<script>1</script>)`,
  `<form action=//${EVIL}/k><button>go</button></form>`, `&lt;script&gt;&#60;img src=x&#62;`, `<!-- --!> <![CDATA[ ]]>`,
];
const all = bad.join(' ');
const d = await Deployment.start();
const dir = path.join(d.state, 'evil');
fs.mkdirSync(dir);

// A database whose names and values are all of it, and a model that speaks it.
const made = spawnSync('python3', ['-c', `
import json, sqlite3, sys
bad = json.load(sys.stdin)
db = sqlite3.connect(sys.argv[1])
q = lambda n: '"' + n.replace('"', '""') + '"'
for i, b in enumerate(bad):
    db.execute('CREATE TABLE %s (id INTEGER PRIMARY KEY, %s TEXT, plain TEXT)' % (q(b), q(b + ' c')))
    for x in bad: db.execute('INSERT INTO %s (%s, plain) VALUES (?, ?)' % (q(b), q(b + ' c')), (x, x))
db.execute('CREATE TABLE plain (id INTEGER PRIMARY KEY, word TEXT)')
for x in bad: db.execute('INSERT INTO plain (word) VALUES (?)', (x,))
db.execute('CREATE VIEW seen AS SELECT word, upper(word) AS %s FROM plain' % q(bad[0]))
db.commit()
`, path.join(dir, 'evil.db')], { input: JSON.stringify(bad), encoding: 'utf8' });
equal(made.status, 0, made.stderr);
const file = path.join(dir, `"><img src=x onerror=window.pwned=1>.db`);
fs.renameSync(path.join(dir, 'evil.db'), file);
fs.writeFileSync(path.join(dir, 'meta.json'), JSON.stringify({ title: all.slice(0, 150), description: all, license: bad[0], source: bad[1], suggested: bad.slice(0, 6), tables: { plain: { description: all, columns: { word: { description: all, unit: bad[1] } } } } }));
const published = d.lyceum(['publish', file, '--name', 'evil', '--public', '--meta', path.join(dir, 'meta.json')]);
equal(published.status, 0, published.stdout + published.stderr);

const scenarios = path.join(dir, 'scenarios');
fs.mkdirSync(scenarios);
const sql = "select word, word as \"<img src=x onerror=window.pwned=1>\" from plain";
const scenario = (name, turns) => fs.writeFileSync(path.join(scenarios, `${name}.json`), JSON.stringify({ turns }));
scenario('speaks', [{ reasoning: all, text: `${bad[0]} I look`, tool_calls: [{ name: 'sql', arguments: { sql } }] }, { text: `${bad.join('\n\n')}\n\n| a | b |\n|---|---|\n| ${bad[0].replace(/\|/g, '')} | ![x](http://${EVIL}/t) |\n\n\`\`\`html\n${bad[1]}\n\`\`\`\n` }]);
scenario('calls', [{ tool_calls: [{ name: bad[0], arguments: { [bad[1]]: all } }, { name: 'sql', arguments: { sql: `select "${bad[0]}" from plain` } }] }, { text: 'done' }]);
scenario('asks', [{ tool_calls: [{ name: 'ask', arguments: { question: all.slice(0, 400), options: bad.slice(0, 3) } }] }]);
scenario('breaks', [{ status: 400, error: all }]);
const port = await freePort();
const model = spawn(process.execPath, [path.join(ROOT, 'tests/support/script-model.mjs'), '--port', String(port), '--scenarios', scenarios], { stdio: ['ignore', 'inherit', 'inherit'] });
process.on('exit', () => model.kill());
await until('the model', () => new Promise(r => http.get(`http://127.0.0.1:${port}/_log`, x => { x.resume(); r(true); }).on('error', () => r(false))));
for (const name of ['speaks', 'calls', 'asks', 'breaks']) {
  const r = d.lyceum(['model', 'set', name, '--api', 'openai-chat', '--url', `http://127.0.0.1:${port}/agent/${name}/v1`, '--model', 'x', '--label', `${name} ${bad[1]}`, '--clearance', 'private']);
  if (r.status !== 0) equal(d.lyceum(['model', 'set', name, '--api', 'openai-chat', '--url', `http://127.0.0.1:${port}/agent/${name}/v1`, '--model', 'x', '--clearance', 'private']).status, 0, r.stderr);
}

const browser = await launch();
const context = { userAgent: `<script>window.pwned=1</script>"><img src=//${EVIL}/ua>` };
async function visit(page, url) {
  const left = [];
  const seen = r => { const u = new URL(r.url()); if (/^(https?|wss?):$/.test(u.protocol) && u.host !== new URL(d.url).host) left.push(r.url()); };
  const asked = x => { left.push(`dialog ${x.message()}`); x.dismiss(); };
  page.on('request', seen);
  page.on('dialog', asked);
  if (url) await page.goto(d.url + url, { waitUntil: 'load' });
  const found = await page.evaluate(evil => {
    const out = [], here = location.host;
    if (window.pwned !== undefined) out.push('a script ran');
    for (const e of document.querySelectorAll('*')) {
      for (const a of e.attributes) {
        if (/^on/i.test(a.name)) out.push(`${e.tagName} has ${a.name}`);
        if (/^(src|href|action|formaction|data|srcset|poster|ping|background|xlink:href)$/i.test(a.name) && a.value) {
          let u = null;
          try { u = new URL(a.value, location.href); } catch { out.push(`${e.tagName} ${a.name}=${a.value}`); continue; }
          if (u.host !== here || !/^https?:$/.test(u.protocol)) out.push(`${e.tagName} ${a.name}=${a.value.slice(0, 80)}`);
        }
      }
      if (/^(IFRAME|OBJECT|EMBED|BASE|FRAME|APPLET|MARQUEE)$/.test(e.tagName)) out.push(e.tagName);
      if (e.tagName === 'SCRIPT' && !e.src && !/json/.test(e.type)) out.push('an inline script');
      if (e.tagName === 'META' && /refresh/i.test(e.httpEquiv) && /url/i.test(e.content)) out.push(`refresh ${e.content}`);
      if (e.tagName === 'IMG' && !new URL(e.src, location.href).pathname.startsWith('/static/')) out.push(`image ${e.src}`);
    }
    return out;
  }, EVIL);
  page.off('request', seen);
  page.off('dialog', asked);
  equal([...left, ...found], [], url ?? page.url());
  equal(page.complaints.filter(c => !/status of (4|5)\d\d/.test(c)), [], `complaints at ${url ?? page.url()}`);
  page.complaints.length = 0;
}
const page = await open(browser, context);
await page.goto(d.url + /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0]);
await page.getByTestId('link-form').getByRole('button').click();
page.complaints.length = 0;
const enc = encodeURIComponent;
const queries = [sql, `select "${bad[0]}" from plain`, bad[0], `select '${bad[0].replace(/'/g, "''")}' as x`, 'select word from plain where word = :p'];
const pages = ['/', '/evil', '/-/account', '/-/chat', '/-/admin', '/-/admin/users', '/-/admin/datasets', '/-/admin/datasets/evil', '/-/admin/models', '/-/admin/health', '/-/docs', '/-/demo',
  `/${enc(bad[0])}`, `/evil/${enc(bad[9])}x`, `/-/docs/${enc(bad[0])}`, `/-/admin/datasets/${enc(bad[0])}`, `/?question=${enc(all)}`, `/evil?question=${enc(all)}`, `/-/chat?question=${enc(bad[1])}&dataset=${enc(bad[1])}`, `/-/signin?next=${enc(bad[1])}`, `/-/account?done=${enc(bad[1])}`, `/-/admin/users?done=${enc(bad[1])}`,
  '/evil/plain', '/evil/seen', `/evil/plain?_sort=${enc(bad[1])}`, `/evil/plain?_sort=word`, ...bad.slice(0, 12).map(b => `/evil/${enc(b)}`), ...queries.map(q => `/evil/-/query?sql=${enc(q)}&p=${enc(bad[1])}`)];
await s.test('every page shows the names and values as what they are: text', async () => {
  for (const url of pages) await visit(page, url);
  await page.goto(`${d.url}/evil/plain`);
  holds(await page.textContent('body'), bad[0], 'the value is there');
  await page.goto(`${d.url}/evil`);
  holds(await page.textContent('body'), bad[2], 'the description is there');
});
await s.test('without scripts too', async () => {
  const plain = await open(browser, { ...context, javaScriptEnabled: false, storageState: await page.context().storageState() });
  for (const url of ['/', '/evil', '/evil/plain', `/evil/${enc(bad[1])}`, `/evil/-/query?sql=${enc(sql)}`, '/-/admin/datasets/evil', '/-/admin/models', '/-/account']) await visit(plain, url);
  await plain.context().close();
});
for (const name of ['speaks', 'calls', 'asks', 'breaks']) {
  await s.test(`a model that ${name}: while it streams, afterwards, in the list and its results`, async () => {
    await page.goto(`${d.url}/evil`);
    await page.getByTestId('question-box').fill(`${bad.slice(0, 3).join(' ')} ${'<?&'.repeat(300)}`); // not the model's addresses: what a person types may be a link
    await page.locator('select[name="model"]').selectOption(name);
    await page.getByTestId('ask-button').click();
    await page.waitForURL(/\/-\/chat\/c_/);
    await page.locator(name === 'asks' ? '[data-testid="answer-form"], form[action$="/answer"]' : '[data-outcome]').first().waitFor({ timeout: 60000 });
    await visit(page);
    const chat = new URL(page.url()).pathname;
    await visit(page, chat);
    const results = await page.evaluate(() => [...document.querySelectorAll('a[href*="/result/"]')].map(a => new URL(a.href).pathname));
    for (const r of new Set(results.map(x => x.replace(/\.(json|csv)$/, '')))) {
      await visit(page, r);
      const cookies = new Map((await page.context().cookies()).map(c => [c.name, c.value]));
      for (const [format, type] of [['json', 'application/json'], ['csv', 'text/csv']]) {
        const x = await d.get(`${r}.${format}`, { cookies });
        equal([x.status, x.headers['content-type'].split(';')[0], x.headers['x-content-type-options']], [200, type, 'nosniff'], `${r}.${format}`);
      }
    }
    await visit(page, '/-/chat');
  });
}
await s.test('JSON and CSV are data: typed, not sniffed, not opened in the page', async () => {
  for (const url of ['/evil/plain', `/evil/${enc(bad[0])}`, `/evil/-/query`]) {
    const q = url.endsWith('query') ? `?sql=${enc(sql)}` : '';
    const j = await d.get(`${url}.json${q}`), c = await d.get(`${url}.csv${q}`);
    equal([j.status, j.headers['content-type'].split(';')[0]], [200, 'application/json'], url);
    JSON.parse(j.body);
    equal([c.status, c.headers['content-type'].split(';')[0]], [200, 'text/csv'], url);
    must(/^attachment; filename="[A-Za-z0-9._-]+"$/.test(c.headers['content-disposition']), c.headers['content-disposition']);
    for (const r of [j, c]) { equal(r.headers['x-content-type-options'], 'nosniff', url); holds(r.headers['content-security-policy'], "default-src 'none'", url); }
  }
  const e = await d.get(`/evil/${enc(bad[9])}x.json`);
  equal(e.headers['content-type'].split(';')[0], 'application/json', 'a failure');
  JSON.parse(e.body);
});
await browser.close();
model.kill();
d.stop();
s.end();
