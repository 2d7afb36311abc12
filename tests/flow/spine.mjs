// spine: the whole path without a browser or scripts: sign in by the link, ask the guide, read the answer, View SQL; and bad input.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import net from 'node:net';

const s = new Suite();
const d = await Deployment.start({ demo: true });
const visitor = new Map();
const admin = new Map();

await s.test('deploy/up prints the URL and a one-time sign-in link', () => {
  holds(d.upOutput, d.url);
  must(/\/-\/signin\/link\/[A-Za-z0-9_-]{20,}/.test(d.upOutput), `no link in: ${d.upOutput}`);
});

await s.test('deploy/up a second time keeps the state and everything answers', async () => {
  const again = d.run([new URL('../../deploy/up', import.meta.url).pathname, '--yes', '--best-effort', '--build', process.env.LYCEUM_BUILD ?? `${process.cwd()}/build`]);
  equal(again.status, 0, again.stdout + again.stderr);
  equal((await d.get('/')).status, 200);
});

await s.test('the home page lists the demo datasets and says what the guide is', async () => {
  const r = await d.get('/');
  equal(r.status, 200);
  for (const name of ['movies', 'cars', 'weather', 'gapminder', 'airports', 'earthquakes', 'countries']) holds(r.body, `/${name}"`);
  holds(r.body.toLowerCase(), 'guide');
});

await s.test('every page carries the security headers', async () => {
  for (const url of ['/', '/movies', '/movies/movies', '/movies/-/query', '/-/chat', '/-/signin', '/-/docs', '/nothing-here']) {
    const r = await d.get(url);
    holds(r.headers['content-security-policy'] ?? '', "default-src 'none'", `${url} CSP`);
    holds(r.headers['content-security-policy'] ?? '', "require-trusted-types-for 'script'", `${url} CSP`);
    equal(r.headers['x-content-type-options'], 'nosniff', url);
    equal(r.headers['referrer-policy'], 'no-referrer', url);
    must(!/<script(?![^>]*\bsrc=)/.test(r.body) && !/\sstyle="/.test(r.body) && !/\son[a-z]+="/.test(r.body), `${url} has inline script or style`);
  }
});

await s.test('the sign-in link opens a page with a button, signs in once, and never again', async () => {
  const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.upOutput)[0];
  const fresh = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)?.[0] ?? link;
  const page = await d.get(fresh, { cookies: admin });
  equal(page.status, 200);
  equal(admin.size, 0, 'a GET must not sign in');
  const r = await d.post(fresh, {}, { cookies: admin });
  must(r.status === 303 || r.status === 302, `status ${r.status}: ${r.body}`);
  equal(admin.size, 1, 'session cookie');
  equal((await d.get('/-/admin/users', { cookies: admin })).status, 200);
  const twice = await d.post(fresh, {}, { cookies: new Map() });
  must(twice.status >= 400, `a used link answered ${twice.status}`);
});

await s.test('a visitor asks the guide and sees answer, SQL and rows without scripts', async () => {
  const r = await d.post('/-/chat', { question: 'top 10 movies by worldwide gross', dataset: 'movies' }, { cookies: visitor });
  equal(r.status, 303, r.body.slice(0, 500));
  const chat = new URL(r.headers.location, d.url).pathname;
  const page = await until('the answer', async () => {
    const p = await d.get(chat, { cookies: visitor });
    equal(p.status, 200);
    return /data-outcome="(done|failed)"/.test(p.body) ? p.body : null;
  });
  holds(page, 'data-outcome="done"');
  holds(page, 'Avatar');
  holds(page.toLowerCase(), 'worldwide_gross');
  holds(page, '/movies/-/query?sql=');
  s.chat = chat;
});

await s.test("nobody else sees a visitor's conversation", async () => {
  equal((await d.get(s.chat)).status, 404);
  equal((await d.get(s.chat, { cookies: admin })).status, 404);
  equal((await d.get(s.chat, { cookies: new Map([['lyceum_visitor', 'A'.repeat(43)]]) })).status, 404);
  for (const act of ['stop', 'retry', 'answer', 'delete', 'rename'])
    must([404, 403].includes((await d.post(`${s.chat}/${act}`, { answer: 'x', title: 'x' }, { cookies: new Map() })).status), act);
  equal((await d.get(s.chat, { cookies: visitor })).status, 200);
});

await s.test('View SQL runs a changed statement and tells of a wrong one', async () => {
  const good = JSON.parse((await d.get('/movies/-/query.json?' + new URLSearchParams({ sql: 'select count(*) as n from movies' }))).body);
  equal(good.ok, true);
  must(good.rows[0].n > 3000, JSON.stringify(good.rows));
  const r = await d.get('/movies/-/query.json?' + new URLSearchParams({ sql: 'select titel from movies' }));
  equal(r.status, 400);
  const bad = JSON.parse(r.body);
  equal(bad.ok, false);
  holds(JSON.stringify(bad), 'title');
  const page = await d.get('/movies/-/query?' + new URLSearchParams({ sql: 'select title from movies where release_date > :since limit 3', since: '2000' }));
  equal(page.status, 200);
  holds(page.body, 'name="since"');
});

await s.test('a statement that writes is refused', async () => {
  for (const sql of ['delete from movies', "attach '/etc/passwd' as x", "vacuum into '/tmp/x.db'", 'pragma journal_mode=wal', 'select 1; select 2']) {
    const r = await d.get('/movies/-/query.json?' + new URLSearchParams({ sql }));
    equal(r.status, 400, sql);
  }
});

await s.test('a table page pages through all rows once', async () => {
  let url = '/movies/movies.json?_size=1000';
  const seen = new Set();
  let rows = 0;
  for (let i = 0; url && i < 10; i++) {
    const j = JSON.parse((await d.get(url)).body);
    equal(j.ok, true);
    for (const row of j.rows) { rows++; seen.add(JSON.stringify(row)); }
    url = j.next_url ? j.next_url.replace(d.url, '') : null;
  }
  equal(url, null);
  const n = JSON.parse((await d.get('/movies/-/query.json?' + new URLSearchParams({ sql: 'select count(*) as n from movies' }))).body).rows[0].n;
  equal(rows, n);
});

await s.test('bad input gets a sentence and the right status', async () => {
  equal((await d.get('/no-such-dataset')).status, 404);
  equal((await d.get('/movies/no_such_table')).status, 404);
  equal((await d.get('/movies/movies?_size=minus')).status, 400);
  equal((await d.get('/movies/-/query?sql=%zz')).status, 400);
  equal((await d.get('/movies/-/query?sql=%ff%fe')).status, 400);
  equal((await d.get('/', { headers: { cookie: 'lyceum="' } })).status, 400);
  equal((await d.get('/-/chat/c_not-an-id')).status, 404);
  const big = await d.request('POST', '/-/chat', { body: 'question=' + 'x'.repeat(2 << 20), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  equal(big.status, 413);
  holds(big.body, 'too large');
  const long = await d.post('/-/chat', { question: 'x'.repeat(100000), dataset: 'movies' }, { cookies: new Map() });
  equal(long.status, 413);
  equal((await d.post('/-/chat', { question: '', dataset: 'movies' }, { cookies: new Map() })).status, 400);
  equal((await d.post('/-/chat', { question: 'x', dataset: 'nope' }, { cookies: new Map() })).status, 404);
  const j = await d.get('/movies/no_such_table.json');
  equal(j.status, 404);
  equal(JSON.parse(j.body).ok, false);
});

await s.test('a request from another site changes nothing', async () => {
  for (const headers of [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, { origin: 'null', 'sec-fetch-site': 'cross-site' }]) {
    const r = await d.request('POST', '/-/chat', { body: 'question=x&dataset=movies', cookies: visitor,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } });
    equal(r.status, 403);
  }
  const bare = await d.request('POST', '/-/signout', { body: '', cookies: admin, headers: { origin: undefined } }).catch(() => ({ status: 403 }));
  must([403, 400].includes(bare.status), `no Origin and no Sec-Fetch-Site: ${bare.status}`);
  equal((await d.get('/-/admin/users', { cookies: admin })).status, 200, 'still signed in');
});

await s.test('pages for admins are not for visitors', async () => {
  for (const p of ['users', 'datasets', 'models', 'health']) {
    must([401, 403, 303].includes((await d.get(`/-/admin/${p}`, { cookies: visitor })).status), p);
    equal((await d.get(`/-/admin/${p}`, { cookies: admin })).status, 200, p);
  }
});

await s.test('half a request does not hold a worker', async () => {
  const sockets = [];
  for (let i = 0; i < 50; i++) {
    const c = net.connect(d.port, '127.0.0.1');
    c.on('error', () => {});
    c.write('POST /-/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nquest');
    sockets.push(c);
  }
  equal((await d.get('/')).status, 200);
  sockets.forEach(c => c.destroy());
});

await s.test('the logs hold no question, statement or secret', async () => {
  const logs = d.logs();
  for (const word of ['worldwide gross', 'titel', 'select count', ...admin.values(), ...visitor.values()])
    must(!logs.includes(word), `the logs hold ${JSON.stringify(word)}`);
});

await s.test('doctor finds nothing wrong', () => {
  const r = d.lyceum(['doctor']);
  equal(r.status, 0, r.stdout + r.stderr);
});
d.stop();
s.end();
