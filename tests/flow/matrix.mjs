// matrix: actor x route x verb over every route of web and gate, and the tricks that browsers, sites and scripts play on the web's side.
import { Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const model = await scriptModel();
const file = path.join(d.state, 'words.csv');
fs.writeFileSync(file, `id,word\n${Array.from({ length: 50 }, (_, i) => `${i},w${i}`).join('\n')}\n`);
for (const [name, flag] of [['open', '--public'], ['members', '--members'], ['vault', '--private']])
  equal(d.lyceum(['publish', file, '--name', name, '--table', 'words', flag]).status, 0, name);
for (const [id, flag] of [['theirs', '--members'], ['hers', '--private']]) equal(d.lyceum(['publish', file, '--name', id, '--table', 'words', flag]).status, 0, id); // noa's
equal(d.lyceum(['model', 'set', 'slow', '--api', 'openai-chat', '--url', `${model.url}/agent/long-story/v1`, '--model', 'x', '--clearance', 'private']).status, 0, 'model');

const linkOf = name => /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', name]).stdout)[0];
async function signIn(name) {
  const cookies = new Map();
  equal((await d.post(linkOf(name), {}, { cookies })).status, 303, `sign in ${name}`);
  return cookies;
}
for (const name of ['mia', 'noa', 'kim', 'lea']) equal(d.lyceum(['user', 'add', name, '--role', 'member', '--no-password']).status, 0, name);
for (const name of ['theirs', 'hers']) { equal(d.lyceum(['dataset', name, '--owner', 'noa']).status, 0, name); equal(d.lyceum(['writable', name, 'on']).status, 0, name); }
const nobody = () => new Map();
const ann = new Map(), bob = new Map();
const admin = await signIn('admin'), mia = await signIn('mia'), noa = await signIn('noa');
async function ask(cookies, dataset) {
  const r = await d.post('/-/chat', { question: 'show the words', dataset, model: 'guide' }, { cookies });
  equal(r.status, 303, r.body.slice(0, 300));
  const chat = new URL(r.headers.location, d.url).pathname;
  const page = await until('the answer', async () => { const p = await d.get(chat, { cookies }); return /data-outcome="[a-z]/.test(p.body) ? p.body : null; });
  return { chat, turn: /t_[a-z2-9]{26}/.exec(page)?.[0], result: /\/result\/(r\d+)/.exec(page)?.[1] ?? 'r1' };
}
const annChat = await ask(ann, 'open'), miaChat = await ask(mia, 'members');
await ask(bob, 'open');
const actors = { nobody: nobody(), ann, bob, mia, noa, admin, forged: new Map([['lyceum', crypto.randomBytes(32).toString('base64url')], ['lyceum_visitor', crypto.randomBytes(32).toString('base64url')]]) };
const copy = c => new Map(c);

// Every route is in this table: [method, pattern, kind].
const matrix = [
  ['GET', '/', 'all'], ['GET', '/-/chat', 'all'], ['POST', '/-/chat', 'start'],
  ['GET', '/-/chat/:conversation', 'owner'], ['GET', '/-/chat/:conversation/turn/:turn', 'owner'], ['GET', '/-/chat/:conversation/result/:handle', 'owner'],
  ...['', '/stop', '/answer', '/retry', '/delete', '/rename', '/share', '/unshare'].map(a => ['POST', `/-/chat/:conversation${a}`, 'owner']),
  ['GET', '/-/admin', 'admin'], ['GET', '/-/admin/users', 'admin'], ['POST', '/-/admin/users', 'admin'], ['GET', '/-/admin/datasets', 'admin'], ['GET', '/-/admin/datasets/:dataset', 'admin'], ['POST', '/-/admin/datasets/:dataset', 'admin'],
  ['GET', '/-/admin/models', 'admin'], ['POST', '/-/admin/models', 'admin'], ['GET', '/-/admin/health', 'admin'],
  ['GET', '/-/admin/policy', 'admin'], ['POST', '/-/admin/policy', 'admin'], ['GET', '/-/admin/audit', 'admin'],
  ['GET', '/-/h/:share', 'share'], ['GET', '/-/h/:share/artifact/:sha256', 'share'], ['GET', '/-/artifact/:sha256', 'share'], ['GET', '/-/leave', 'leave'], ['GET', '/-/review/:approval', 'approval'], ['GET', '/-/saved', 'mine'], ['POST', '/-/saved', 'mine'],
  ...['labels', 'write', 'changes'].flatMap(w => [['GET', `/:dataset/-/${w}`, 'changer'], ['POST', `/:dataset/-/${w}`, 'changer']]),
  ['GET', '/-/plugins', 'all'], ['POST', '/-/plugins', 'admin'], ['GET', '/-/plugins/log', 'all'], ['GET', '/-/plugins/:namespace/:plugin', 'all'], ['POST', '/-/plugins/:namespace/:plugin', 'admin'], ['GET', '/-/plugins/:namespace/:plugin/vet', 'admin'],
  ['GET', '/-/docs', 'all'], ['GET', '/-/docs/:page', 'all'], ['GET', '/-/demo', 'demo'], ['GET', '/-/demo/turn/:turn', 'demo'], ['GET', '/-/demo/stream/:turn', 'demo'], ['GET', '/-/demo/result/:handle', 'demo'],
  ['GET', '/:dataset', 'dataset'], ['GET', '/:dataset/-/query', 'dataset'], ['GET', '/:dataset/-/schema.json', 'dataset'], ['GET', '/:dataset/:table', 'dataset'],
  ['GET', '/-/signin', 'all'], ['POST', '/-/signin', 'signin'], ['GET', '/-/signin/link/*', 'link'], ['POST', '/-/signin/link/*', 'link'], ['POST', '/-/signout', 'signout'],
  ['GET', '/-/account', 'account'], ['POST', '/-/account/password', 'account'], ['POST', '/-/account/end', 'account'], ['POST', '/-/account/idle', 'account'], ['POST', '/-/account/phrase', 'account'], ['GET', '/-/internal/viewer', 'internal'],
  ['GET', '/-/approve', 'account'], ['GET', '/-/approve/*', 'account'], ['POST', '/-/approve/*', 'account'], ['GET', '/-/approvals', 'account'],
  // On the approvals' own origin.
  ['GET', 'approve:/-/approve', 'trusted'], ['GET', 'approve:/-/approve/*', 'trusted'], ['POST', 'approve:/-/approve/*', 'trusted'], ['POST', 'approve:/-/approve/*/enter', 'trusted'],
];
const posts = matrix.filter(([m]) => m === 'POST');
const fill = (p, o = {}) => p.replace(':conversation', o.conversation ?? annChat.chat.split('/').pop()).replace(':turn', o.turn ?? annChat.turn).replace(':handle', o.handle ?? annChat.result)
  .replace(':dataset', o.dataset ?? 'open').replace(':table', 'words').replace(':page', 'notice').replace('*', crypto.randomBytes(32).toString('base64url')).replace(':namespace', 'lyceum').replace(':plugin', 'charts').replace(':share', `h_${'a'.repeat(26)}`).replace(':sha256', 'a'.repeat(64)).replace(':approval', `p_${'a'.repeat(26)}`);

await s.test('the matrix holds every route of the code', () => {
  const web = [...fs.readFileSync(path.join(ROOT, 'app/pages/pages.c'), 'utf8').matchAll(/\{HTTP_(GET|POST), "([^"]+)"/g)].map(m => `${m[1]} ${m[2]}`);
  const [main, trusted] = fs.readFileSync(path.join(ROOT, 'app/gate/web.c'), 'utf8').split('approve_routes[]');
  const gate = [[main, ''], [trusted, 'approve:']].flatMap(([text, site]) => [...text.matchAll(/\{"([^"]+)", HTTP_(GET|POST)/g)].map(m => `${m[2]} ${site}/-/${m[1]}`));
  must(web.length > 40 && gate.length > 15 && gate.some(r => r.includes('approve:')), 'routes were found');
  const known = new Set(matrix.map(([m, p]) => `${m} ${p}`));
  equal([...web, ...gate].filter(r => !known.has(r)), [], 'routes without a row');
});
for (const [owner, chat] of [['ann', annChat], ['mia', miaChat]]) {
  await s.test(`${owner}'s conversation is ${owner}'s alone, by every route`, async () => {
    for (const [name, cookies] of Object.entries(actors)) {
      for (const [method, pattern] of matrix.filter(r => r[2] === 'owner')) {
        if (name === owner && method === 'POST') continue;
        for (const format of pattern.endsWith(':handle') ? ['', '.json', '.csv'] : ['']) {
          const url = fill(pattern, { conversation: chat.chat.split('/').pop(), turn: chat.turn, handle: chat.result }) + format;
          const r = method === 'GET' ? await d.get(url, { cookies: copy(cookies) }) : await d.post(url, { question: 'x', turn: chat.turn, answer: 'x', title: 'taken' }, { cookies: copy(cookies) });
          equal(r.status, name === owner ? 200 : 404, `${name}: ${method} ${url}`);
          if (name !== owner) must(!/w49|show the words/.test(r.body), `${name} reads ${url}`);
        }
      }
      const stream = await begins(`${chat.chat}/stream/${chat.turn}`, cookies);
      if (name === owner) equal(stream, 200, 'own stream'); else must([401, 403, 404].includes(stream), `${name}: stream ${stream}`);
    }
  });
}
function begins(url, cookies) {
  return new Promise((resolve, reject) => {
    const r = http.get(d.url + url, { headers: cookies.size ? { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {}, agent: false }, res => { resolve(res.statusCode); r.destroy(); });
    r.on('error', reject);
  });
}
await s.test('a long question goes the whole way', async () => {
  const r = await d.post('/-/chat', { question: 'show the words '.padEnd(2000, '<?&'), dataset: 'open', model: 'guide' }, { cookies: nobody() });
  equal(r.status, 303, r.body.slice(0, 300));
});
await s.test("a turn or a result is reached by its own conversation alone", async () => {
  const own = await ask(bob, 'open');
  equal((await d.get(`${own.chat}/turn/${annChat.turn}`, { cookies: bob })).status, 404, 'fragment');
  equal((await d.post(`${own.chat}/stop`, { turn: annChat.turn }, { cookies: bob })).status, 404, 'stop');
  equal((await d.post(`${own.chat}/retry`, { turn: annChat.turn }, { cookies: bob })).status, 404, 'retry');
  must([401, 403, 404].includes(await begins(`${own.chat}/stream/${annChat.turn}`, bob)), 'stream');
  must([401, 403, 404].includes(await begins(`${own.chat}/stream/${miaChat.turn}`, bob)), 'stream of a private turn');
});
await s.test('datasets open for whom they are', async () => {
  const may = { open: Object.keys(actors), members: ['mia', 'noa', 'admin'], theirs: ['mia', 'noa', 'admin'], hers: ['noa', 'admin'], vault: ['admin'] };
  for (const dataset of Object.keys(may))
    for (const [name, cookies] of Object.entries(actors))
      for (const [, pattern] of matrix.filter(r => r[2] === 'dataset'))
        for (const format of /query|:table/.test(pattern) ? ['', '.json', '.csv'] : ['']) {
          const url = `${fill(pattern, { dataset })}${format}${pattern.endsWith('query') ? '?sql=select+word+from+words' : ''}`;
          const r = await d.get(url, { cookies: copy(cookies) });
          equal(r.status, may[dataset].includes(name) ? 200 : 404, `${name}: ${url}`);
          if (!may[dataset].includes(name)) must(!r.body.includes('w49'), `${name} reads ${url}`);
        }
  for (const [name, cookies] of Object.entries(actors)) {
    const home = (await d.get('/', { cookies: copy(cookies) })).body + (await d.get('/-/chat', { cookies: copy(cookies) })).body;
    equal([home.includes('members'), home.includes('vault')], [may.members.includes(name), may.vault.includes(name)], `${name}: lists`);
    for (const dataset of ['members', 'vault'].filter(x => !may[x].includes(name)))
      equal((await d.post('/-/chat', { question: 'x', dataset, model: 'guide' }, { cookies: copy(cookies) })).status, 404, `${name} asks ${dataset}`);
  }
});
await s.test('administration is for admins, by every route', async () => {
  for (const [name, cookies] of Object.entries(actors))
    for (const [method, pattern] of matrix.filter(r => r[2] === 'admin')) {
      const url = fill(pattern);
      if (name === 'admin' && method === 'POST') continue;
      const forms = method === 'GET' ? [null] : [{ do: 'add', name: 'eve', role: 'admin' }, { do: 'admin', name: 'noa' }, { do: 'link', name: 'admin' }, { do: 'set', visibility: 'public' }, { do: 'unpublish' }, { do: 'secret', name: 'K', value: 'v' }, { do: 'probe' }, { name: 'turn_calls', value: '100000', do: 'set' }, {}];
      for (const form of forms) {
        const r = form ? await d.post(url, form, { cookies: copy(cookies) }) : await d.get(url, { cookies: copy(cookies) });
        if (name === 'admin') must([200, 303].includes(r.status), `${method} ${url}: ${r.status}`);
        else must([401, 403].includes(r.status), `${name}: ${method} ${url}: ${r.status}`);
      }
    }
  must(!(await d.get('/-/admin/users', { cookies: admin })).body.includes('eve'), 'eve was added');
});
await s.test("the account page is one's own", async () => {
  for (const [name, cookies] of Object.entries(actors))
    for (const [method, pattern] of matrix.filter(r => r[2] === 'account')) {
      if (['mia', 'noa', 'admin'].includes(name)) continue;
      const r = method === 'GET' ? await d.get(pattern, { cookies: copy(cookies) }) : await d.post(pattern, { password: 'a long enough password', minutes: '30', id: 'x' }, { cookies: copy(cookies) });
      equal(r.status, 303, `${name}: ${pattern}`);
      holds(r.headers.location, '/-/signin', 'where to');
    }
  const ids = [...(await d.get('/-/account', { cookies: mia })).body.matchAll(/value="([0-9a-f]{64})"/g)].map(m => m[1]);
  must(ids.length > 0, 'sessions are listed');
  equal((await d.post('/-/account/end', { id: ids[0] }, { cookies: noa })).status, 404, "another's session");
  equal((await d.get('/-/account', { cookies: mia })).status, 200, 'mia is still signed in');
});

// What one owns ------------------------------------------------------------------------------------------------------------------------
const insert = { sql: "insert into words (id, word) values (1000, 'new')", do: 'undo', change: `g_${'a'.repeat(26)}`, level: 'private', place: '["words",""]' };
await s.test('rows and labels are changed by the owner and admins; nobody else sees even the form', async () => {
  const owns = { open: ['admin'], members: ['admin'], vault: ['admin'], theirs: ['noa', 'admin'], hers: ['noa', 'admin'], nothing: [] };
  for (const [dataset, owners] of Object.entries(owns))
    for (const [name, cookies] of Object.entries(actors))
      for (const [method, pattern] of matrix.filter(r => r[2] === 'changer')) {
        const url = fill(pattern, { dataset }), form = { ...insert, do: pattern.endsWith('labels') ? 'add' : 'undo' };
        const r = method === 'GET' ? await d.get(url, { cookies: copy(cookies) }) : owners.includes(name) ? null : await d.post(url, form, { cookies: copy(cookies) });
        if (!r) continue;
        if (owners.includes(name)) equal(r.status, 200, `${name}: ${url}`);
        else must([401, 403, 404].includes(r.status), `${name}: ${method} ${url}: ${r.status}`);
        if (['vault', 'hers'].includes(dataset) && !owners.includes(name)) { // as if it were not there
          const none = await (method === 'GET' ? d.get(fill(pattern, { dataset: 'nothing' }), { cookies: copy(cookies) }) : d.post(fill(pattern, { dataset: 'nothing' }), form, { cookies: copy(cookies) }));
          equal(r.status, none.status, `${name}: ${method} ${url} tells that it is there`);
        }
      }
  equal(JSON.parse((await d.get('/theirs/words.json?_size=100', { cookies: mia })).body).rows.length, 50, 'rows');
});
const idIn = (r, kind) => new RegExp(`${kind}_[a-z2-9]{26}`).exec(`${r.headers.location ?? ''} ${r.body}`)?.[0];
await s.test("an approval is its asker's: to review, to be led to, on the list", async () => {
  const asked = await d.post('/theirs/-/write', insert, { cookies: copy(noa) });
  equal(asked.status, 303, asked.body.slice(0, 300));
  const id = idIn(asked, 'p');
  for (const [name, cookies] of Object.entries(actors)) {
    const own = name === 'noa', review = await d.get(`/-/review/${id}`, { cookies: copy(cookies) }), lead = await d.post(`/-/approve/${id}`, {}, { cookies: copy(cookies) });
    equal(review.status, own ? 200 : ['mia', 'admin'].includes(name) ? 404 : 401, `${name}: review`);
    equal(lead.status === 303 && lead.headers.location.startsWith(d.approveUrl), own, `${name}: led to ${lead.headers.location}`);
    equal((await d.get('/-/approve', { cookies: copy(cookies) })).body.includes(id), own, `${name}: the list`);
    for (const verb of ['', '/enter']) must([401, 403].includes((await d.post(`/-/approve/${id}${verb}`, { answer: 'approve', read: 'yes', code: 'x', seen: '' }, { site: 'approve', cookies: copy(cookies) })).status), `${name}: the main cookie answers${verb}`);
    equal((await d.get(`/-/approve/${id}`, { site: 'approve', cookies: copy(cookies) })).status, 401, `${name}: the approvals' origin`);
  }
  equal(JSON.parse((await d.get('/theirs/words.json?_size=100', { cookies: mia })).body).rows.length, 50, 'rows');
  equal((await d.decide(noa, id, 'decline')).status, 303, 'declined');
});
await s.test("the approvals' origin has its own pages alone", async () => {
  for (const [, pattern, kind] of matrix) {
    if (kind === 'trusted') continue;
    const url = fill(pattern), r = await d.get(url, { site: 'approve', cookies: copy(admin) });
    must([401, 404, 405].includes(r.status) || url === '/-/approve', `${url}: ${r.status}`);
  }
});
await s.test('saved queries: private until shared; then for those who may read the dataset; changed by their owner alone', async () => {
  const put = await d.post('/-/saved', { do: 'put', name: 'how many', dataset: 'theirs', sql: 'select count(*) from words where id > :least', about: 'x' }, { cookies: copy(noa) });
  equal(put.status, 303, put.body.slice(0, 300));
  const list = async cookies => (await d.get('/-/saved', { cookies: copy(cookies) }));
  const id = idIn(await list(noa), 's');
  for (const [name, cookies] of Object.entries(actors)) {
    const r = await list(cookies);
    equal(r.status, ['mia', 'noa', 'admin'].includes(name) ? 200 : 401, `${name}: list`);
    equal(r.body.includes('how many'), name === 'noa', `${name} reads it`);
    if (name === 'noa') continue;
    for (const verb of ['share', 'unshare', 'remove']) must([401, 404].includes((await d.post('/-/saved', { do: verb, id }, { cookies: copy(cookies) })).status), `${name}: ${verb}`);
    const mine = await d.post('/-/saved', { do: 'put', name: 'x', dataset: 'hers', sql: 'select 1' }, { cookies: copy(cookies) });
    if (name !== 'admin') must([401, 404].includes(mine.status), `${name} saves over another's private dataset: ${mine.status}`);
  }
  const share = await d.post('/-/saved', { do: 'share', id }, { cookies: copy(noa) });
  if (idIn(share, 'p')) equal((await d.decide(noa, idIn(share, 'p'), 'approve')).status, 303, 'approved');
  for (const [name, cookies] of Object.entries(actors)) equal((await list(cookies)).body.includes('how many'), ['mia', 'noa', 'admin'].includes(name), `${name} reads it, shared`);
  for (const name of ['mia', 'admin']) for (const verb of ['share', 'unshare', 'remove']) must([403, 404].includes((await d.post('/-/saved', { do: verb, id }, { cookies: copy(actors[name]) })).status), `${name}: ${verb}`);
  equal((await d.post('/-/saved', { do: 'remove', id }, { cookies: copy(noa) })).status, 303, 'removed');
  must(!(await list(mia)).body.includes('how many'), 'removed');
});
await s.test('a shared answer opens for whoever has its link, until it is ended; nothing else does', async () => {
  const c = annChat.chat, made = await d.post(`${c}/share`, { turn: annChat.turn }, { cookies: copy(ann) });
  equal(made.status, 200, made.body.slice(0, 300));
  const id = idIn(made, 'h');
  must(id, made.body.slice(0, 600));
  for (const [name, cookies] of Object.entries(actors)) {
    const r = await d.get(`/-/h/${id}`, { cookies: copy(cookies) });
    equal(r.status, 200, `${name}: the link`);
    holds(r.body, 'show the words');
    holds(r.headers['cache-control'] ?? '', 'no-store');
    must(!r.body.includes(annChat.chat), 'it leads to the conversation');
    if (name === 'ann') continue;
    equal((await d.post(`${c}/unshare`, { share: id }, { cookies: copy(cookies) })).status, 404, `${name} ends it`);
    equal((await d.get(c, { cookies: copy(cookies) })).status, 404, `${name}: the conversation`);
  }
  for (const other of [`h_${'a'.repeat(26)}`, id.slice(0, -1), `${id}a`, id.replace('h_', 'c_'), annChat.turn, '..']) equal((await d.get(`/-/h/${other}`)).status, 404, other);
  must([400, 404].includes((await d.post(`${(await ask(bob, 'open')).chat}/unshare`, { share: id }, { cookies: copy(bob) })).status), 'ended through a conversation of one\'s own');
  equal((await d.get(`/-/h/${id}`)).status, 200, 'still there');
  equal((await d.post(`${c}/unshare`, { share: id }, { cookies: copy(ann) })).status, 303, 'ended');
  equal((await d.get(`/-/h/${id}`)).status, 404, 'after its end');
  must(!d.logs().includes(id), 'the link stands in a log');
  // Of a private answer it is asked for first, and no link is there before.
  const priv = await d.post(`${miaChat.chat}/share`, { turn: miaChat.turn }, { cookies: copy(mia) });
  equal(priv.status, 303, priv.body.slice(0, 300));
  must(idIn(priv, 'p') && !idIn(priv, 'h'), 'asked for');
  equal((await d.decide(mia, idIn(priv, 'p'), 'decline')).status, 303);
});
await s.test("no address leads outside but those of the conversation's own answers, and for its owner alone", async () => {
  const c = annChat.chat.split('/').pop(), m = miaChat.chat.split('/').pop();
  for (const [name, cookies] of Object.entries(actors))
    for (const u of ['https://evil.example/', 'javascript:alert(1)', '//evil.example', '/open', '', 'http://evil.example/%0d%0aX:y'])
      for (const id of [c, m, 'x', '']) {
        const r = await d.get('/-/leave?' + new URLSearchParams({ c: id, u }), { cookies: copy(cookies) });
        must([400, 403, 404].includes(r.status), `${name}: ${id} ${u}: ${r.status}`);
        must(!r.headers.location && !/href="[^"]*evil/.test(r.body), `${name}: ${u}`);
      }
});

// Cross-site requests -------------------------------------------------------------------------------------------------------------
await s.test('every POST refuses what comes from another site', async () => {
  const from = [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site', origin: d.url }, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'SAME-ORIGIN' }, { 'sec-fetch-site': 'same-origin, cross-site' },
    { origin: 'https://evil.example' }, { origin: 'null' }, { origin: `${d.url}.evil.example` }, { origin: `${d.url}/` }, { origin: d.url.replace('http:', 'https:') }, {}];
  for (const [, pattern] of posts)
    for (const headers of from)
      for (const cookies of [ann, admin]) {
        const [site, url] = pattern.startsWith('approve:') ? ['approve.localhost', fill(pattern).slice(8)] : ['127.0.0.1', fill(pattern)];
        const r = await raw(`POST ${url} HTTP/1.1\r\nHost: ${site}:${d.port}\r\nConnection: close\r\nCookie: ${[...cookies].map(([k, v]) => `${k}=${v}`).join('; ')}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n${Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\nquestion=x&do=probe`);
        equal(r.status, 403, `${pattern} ${JSON.stringify(headers)}`);
      }
  equal((await d.get('/-/account', { cookies: admin })).status, 200, 'still signed in');
});
await s.test('no GET changes anything; other methods are refused', async () => {
  for (const [, pattern] of posts) {
    const r = await d.get(`${fill(pattern).replace('approve:', '')}?do=add&name=eve&question=x&title=x`, { cookies: admin, site: pattern.startsWith('approve:') ? 'approve' : 'main' });
    must([200, 303, 401, 404, 405].includes(r.status), `GET ${pattern}: ${r.status}`);
  }
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const r = await d.request(method, '/open', { cookies: admin });
    must([400, 403, 404, 405].includes(r.status), `${method}: ${r.status}`);
  }
  equal((await d.get('/-/account', { cookies: admin })).status, 200, 'still signed in');
});

// Raw bytes -------------------------------------------------------------------------------------------------------------------------
function raw(text) {
  return new Promise(resolve => {
    const c = net.connect(d.port, '127.0.0.1');
    let all = '';
    const end = () => resolve({ all, status: Number(/^HTTP\/1\.[01] (\d+)/.exec(all)?.[1] ?? 0), statuses: [...all.matchAll(/^HTTP\/1\.[01] (\d+)/gm)].map(m => Number(m[1])), head: all.split('\r\n\r\n')[0] });
    c.setTimeout(20000, () => c.destroy());
    c.on('data', b => { all += b.toString('latin1'); });
    c.on('error', () => {});
    c.on('close', end);
    c.write(Buffer.from(text, 'latin1'));
  });
}
const get = (url, headers = '', host = `127.0.0.1:${d.port}`) => raw(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`);
await s.test('malformed cookies and addresses get a sentence, and take nothing away', async () => {
  const mine = [...ann].map(([k, v]) => `${k}=${v}`).join('; ');
  equal((await get('/', `Cookie: ${mine}; ${mine}\r\n`)).status, 400, 'the same cookie twice');
  must([200, 400].includes((await get('/', `Cookie: ${mine}\r\nCookie: ${mine}\r\n`)).status), 'two headers');
  equal((await get('/', `Cookie: lyceum=short\r\n`)).status, 400, 'short');
  for (const url of ['/%zz', '/?x=%zz', '/%', '/%00', '/open%00', '/open/%ff%fe', '/?a=%00', '/open/words?_size=%zz', '/-/chat?before=x', `/-/chat/${'x'.repeat(3000)}`]) {
    const r = await get(url, `Cookie: ${mine}\r\n`);
    must([200, 400, 404, 413].includes(r.status), `${url}: ${r.status}`);
    must(!/set-cookie/i.test(r.head), `${url} takes the visitor's cookie away: a link from anywhere could do that`);
  }
  must([400, 414].includes((await get(`/${'x'.repeat(70000)}`)).status), 'a long address');
  must([400, 413, 431].includes((await get('/', `Cookie: a=${'x'.repeat(20000)}\r\n`)).status), 'a long cookie');
  equal((await raw(`GET /\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).status, 400, 'NUL in the address');
  equal((await d.get(annChat.chat, { cookies: ann })).status, 200, 'still ann');
});
await s.test('no path leads to our files or internal places', async () => {
  for (const url of ['/static/../lyceum.conf', '/static/..%2flyceum.conf', '/static/%2e%2e/%2e%2e/lyceum.conf', '/static../lyceum.conf', '/static/..%5clyceum.conf', '/static//../../lyceum.conf', '/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/./././', '/static/', '/static/js', '/static/.new', '/.git/config', '/lyceum.conf', '/share/gate.pub']) {
    const r = await get(url);
    must(!/state = |root:x:|\[core\]/.test(r.all), `${url}: a file of ours`);
    must([200, 301, 303, 400, 403, 404].includes(r.status), `${url}: ${r.status}`);
    if (r.status === 200) must(!/Index of/.test(r.all), `${url}: a listing`);
  }
  for (const url of ['/-/internal/viewer', '/-/internal/agent/public?c=x&t=y', '/-/internal/agent/private', '/-/internal/', '/-/internal', '/-/%69nternal/viewer', '//-//internal//viewer', '/x/../-/internal/viewer', '/-/internal%2fviewer', '/-/internal/viewer/', '/-/error/413.html', '/-/INTERNAL/viewer']) {
    const r = await get(url, `Cookie: ${[...admin].map(([k, v]) => `${k}=${v}`).join('; ')}\r\nX-Accel-Redirect: /-/internal/viewer\r\n`);
    must([400, 404].includes(r.status), `${url}: ${r.status}`);
    must(!/x-lyceum-viewer/i.test(r.head), url);
  }
});
await s.test('headers of a client decide nothing that is not theirs', async () => {
  const tricks = ['X-Accel-Redirect: /-/internal/agent/public', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'Forwarded: host=evil.example', 'X-Original-URL: /-/admin', 'X-Rewrite-URL: /-/admin',
    'X-HTTP-Method-Override: POST', 'X-Lyceum-Viewer: AAAA', 'Lyceum-Viewer: AAAA', 'LYCEUM_VIEWER: AAAA', 'Lyceum_Conversation: x', 'Remote-Addr: 127.0.0.1', 'REMOTE_USER: admin', 'Proxy: http://evil.example', 'X-Real-IP: 127.0.0.1', 'Authorization: Basic YWRtaW46'];
  for (const t of tricks) {
    const r = await get('/', `${t}\r\n`);
    equal(r.status, 200, t);
    must(!/evil\.example|x-lyceum-viewer|x-accel/i.test(r.all), t);
    equal((await get('/-/admin/users', `${t}\r\n`)).status, 401, t);
    must([401, 403, 404].includes((await get(`${annChat.chat}/stream/${annChat.turn}`, `${t}\r\n`)).status), `${t}: a stream`);
  }
});
await s.test('over http a foreign name is not answered: it could have been pointed here (DNS rebinding)', async () => {
  for (const host of ['evil.example', `evil.example:${d.port}`, 'localhost.evil.example', '127.0.0.1.evil.example', 'a.b', 'xlocalhost'])
    for (const url of ['/', '/open/words.json', '/-/signin', '/-/chat']) equal((await get(url, '', host)).status, 403, `${host} ${url}`);
  for (const host of [`127.0.0.1:${d.port}`, `localhost:${d.port}`, '127.0.0.1', 'LOCALHOST', '[::1]', 'x.localhost:8080']) equal((await get('/', '', host)).status, 200, host);
});
await s.test('no request hides in another', async () => {
  const head = `Host: 127.0.0.1:${d.port}\r\n`, hidden = `GET /-/admin HTTP/1.1\r\n${head}Connection: close\r\n\r\n`;
  for (const [what, text] of Object.entries({
    'both lengths': `POST / HTTP/1.1\r\n${head}Content-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'two lengths': `POST / HTTP/1.1\r\n${head}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    'an unknown coding': `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
    'a space before the colon': `POST / HTTP/1.1\r\n${head}Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${hidden}`,
    'a length with a sign': `POST / HTTP/1.1\r\n${head}Content-Length: +5\r\n\r\nhello`,
    'a negative length': `POST / HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`,
    'a bad chunk': `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n${hidden}` })) {
    const r = await raw(text);
    must(r.status >= 400 && r.status < 600, `${what}: ${r.status}`);
    must(r.statuses.length <= 1 || !r.statuses.slice(1).includes(200), `${what}: a second answer`);
  }
});
await s.test('no redirect leads away or breaks a header', async () => {
  const away = ['//evil.example', '/\\evil.example', 'https://evil.example', '/%0d%0aSet-Cookie: a=b', '/\r\nX: y', '\\\\evil', 'javascript:alert(1)', '/\t/evil.example', ' //evil.example', '/-/signout', '/-/internal/viewer', '///evil.example', '/.//evil.example/..//x'];
  for (const next of away) {
    const form = await d.get('/-/signin?' + new URLSearchParams({ next }));
    must([200, 400].includes(form.status), next);
    const there = await d.get('/-/signin?' + new URLSearchParams({ next }), { cookies: admin });
    if (there.status === 303) { must(/^\/(?![/\\])/.test(there.headers.location) && new URL(there.headers.location, d.url).origin === d.url, `${next}: ${there.headers.location}`); must(!there.headers.location.startsWith('/-/sign'), next); }
    must(!/set-cookie/i.test(Object.keys(there.headers).join()), next);
  }
  for (const url of ['//evil.example/', '/%2f%2fevil.example/', '/\\evil.example/', '/%5c%5cevil.example/', '/%0d%0aX:y/', '/open/%0d%0aX:y/', '/open//', '/-//evil.example/']) {
    const r = await get(url);
    const to = /^location: (.*)$/im.exec(r.head)?.[1].trim();
    if (to) equal(new URL(to, d.url).origin, d.url, `${url} -> ${to}`);
    must(!/^X:/im.test(r.head), url);
  }
});

// Sessions --------------------------------------------------------------------------------------------------------------------------
await s.test('a cookie of one\'s own choice becomes no session and no visitor', async () => {
  const chosen = 'A'.repeat(43), cookies = new Map([['lyceum', chosen], ['lyceum_visitor', chosen]]);
  equal((await d.post(linkOf('mia'), {}, { cookies })).status, 303);
  must(cookies.get('lyceum') !== chosen, 'the session cookie is new');
  const visitor = new Map([['lyceum_visitor', chosen]]);
  await ask(visitor, 'open');
  must(visitor.get('lyceum_visitor') !== chosen, 'the visitor cookie is new');
  for (const v of [...cookies.values(), ...visitor.values()]) must(/^[A-Za-z0-9_-]{43}$/.test(v), 'a random value');
});
await s.test('a sign-in link: of 64 that post it at once, one is signed in', async () => {
  const link = linkOf('kim'), jars = Array.from({ length: 64 }, nobody);
  const got = await Promise.all(jars.map(cookies => d.post(link, {}, { cookies })));
  equal(got.filter(r => r.status === 303).length, 1, got.map(r => r.status).join());
  equal(jars.filter(j => j.has('lyceum')).length, 1, 'cookies');
  equal((await d.get(link)).status, 404, 'afterwards');
  must(!d.logs().includes(link.split('/').pop()), 'the link stands in a log');
});
await s.test('guessing a password is slowed down; the right one of somebody else is not', async () => {
  const kim = await signIn('kim'), lea = await signIn('lea');
  for (const [c, p] of [[kim, 'kims long password'], [lea, 'leas long password']]) equal((await d.post('/-/account/password', { password: p, current: '' }, { cookies: c })).status, 303, 'password');
  const statuses = [];
  for (let i = 0; i < 9; i++) statuses.push((await d.post('/-/signin', { name: 'kim', password: `wrong ${i}` })).status);
  must(statuses.includes(429) && !statuses.includes(303), statuses.join());
  const wrong = await d.post('/-/signin', { name: 'kim', password: 'x' }), unknown = await d.post('/-/signin', { name: 'nobody-here', password: 'x' });
  must(!unknown.body.includes('There is no account'), 'an unknown name is told');
  must([403, 429].includes(wrong.status) && [403, 429].includes(unknown.status), 'refused');
  equal((await d.post('/-/signin', { name: 'lea', password: 'leas long password' }, { cookies: nobody() })).status, 303, 'lea');
});
await s.test("a new password ends one's other sessions", async () => {
  const one = new Map(), two = new Map();
  for (const c of [one, two]) equal((await d.post('/-/signin', { name: 'lea', password: 'leas long password' }, { cookies: c })).status, 303);
  const before = one.get('lyceum');
  equal((await d.post('/-/account/password', { current: 'wrong', password: 'another long password' }, { cookies: one })).status, 403, 'the wrong present one');
  equal((await d.post('/-/account/password', { current: 'leas long password', password: 'another long password' }, { cookies: one })).status, 303);
  must(one.get('lyceum') !== before, 'rotated');
  equal((await d.get('/-/account', { cookies: one })).status, 200, 'own');
  for (const old of [two, new Map([['lyceum', before]])]) equal((await d.get('/-/account', { cookies: copy(old) })).status, 303, 'the others');
});

// Streams end with their right --------------------------------------------------------------------------------------------------------
async function watching(cookies) {
  const r = await d.post('/-/chat', { question: 'slowly', dataset: 'open', model: 'slow' }, { cookies });
  const chat = new URL(r.headers.location, d.url).pathname;
  const turn = await until('the turn', async () => /data-turn="(t_[a-z2-9]+)"/.exec((await d.get(chat, { cookies })).body)?.[1]);
  const w = { chat, ended: false, text: '' };
  await new Promise((resolve, reject) => http.get(`${d.url}${chat}/stream/${turn}`, { headers: { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') }, agent: false }, res => {
    equal(res.statusCode, 200, 'stream');
    // Once its words come, the turn asks gate for nothing more: it can end neither well nor in a refusal while we look.
    res.on('data', b => { w.text += b; if (/^event: text$/m.test(w.text)) resolve(); });
    res.on('close', () => { w.ended = true; reject(new Error(`the stream ended before a word: ${w.text}`)); });
    res.on('error', () => { w.ended = true; });
  }).on('error', reject));
  w.again = () => begins(`${chat}/stream/${turn}`, cookies);
  return w;
}
for (const [what, act] of [['signed out', async c => equal((await d.post('/-/signout', {}, { cookies: copy(c) })).status, 303)], ['disabled', async () => equal(d.lyceum(['user', 'disable', 'noa']).status, 0)]]) {
  await s.test(`who is ${what} sees no more of a stream, nor anything else`, async () => {
    const cookies = await signIn('noa'), w = await watching(cookies);
    must(!w.ended, 'it was running');
    await act(cookies);
    await until('the end of the stream', () => w.ended, 10);
    must(!/event: done/.test(w.text), `it was cut, it did not run out: ${w.text.slice(-600)}`);
    must([401, 403, 404].includes(await w.again()), 'the stream again');
    equal((await d.get(w.chat, { cookies: copy(cookies) })).status, 404, 'the conversation');
    equal((await d.get('/members', { cookies: copy(cookies) })).status, 404, 'a dataset');
  });
}

// Caches ------------------------------------------------------------------------------------------------------------------------------
await s.test('what is cached for everybody holds nobody\'s data', async () => {
  const secret = crypto.randomBytes(8).toString('hex');
  for (const url of ['/', '/open', '/open/words', '/-/docs']) {
    const q = `${url}?question=${secret}`;
    const mine = await d.get(q, { cookies: admin });
    equal(mine.status, 200, q);
    const first = await d.get(url), second = await d.get(url);
    for (const r of [first, second, await d.get(q)]) {
      must(!r.headers['set-cookie'], `${url} sets a cookie`);
      must(!/Administration|\/-\/account/.test(r.body.replace(/href="\/-\/signin[^"]*"/g, '')) , `${url} shows an admin's page`);
      for (const v of [...admin.values(), ...ann.values()]) must(!r.body.includes(v), url);
    }
  }
  for (const url of ['/-/chat', annChat.chat, '/-/account', '/-/signin', '/-/admin', `${annChat.chat}/result/r1.json`]) holds((await d.get(url, { cookies: admin })).headers['cache-control'] ?? '', 'no-store', url);
  const a = nobody(), b = nobody();
  await ask(a, 'open');
  await ask(b, 'open');
  must(a.get('lyceum_visitor') !== b.get('lyceum_visitor'), 'two visitors, two cookies');
});
await s.test('a dataset that becomes private is gone from the cache at once', async () => {
  equal((await d.get('/open/words')).status, 200);
  equal((await d.get('/open/words.json')).status, 200);
  equal((await d.post('/-/admin/datasets/open', { do: 'set', visibility: 'private', title: 'x' }, { cookies: admin })).status, 303);
  for (const url of ['/open', '/open/words', '/open/words.json', '/open/-/schema.json', '/open/-/query.json?sql=select+1'])
    for (const c of [nobody(), bob]) equal((await d.get(url, { cookies: copy(c) })).status, 404, url);
});
await s.test('nothing of this was an error of ours', () => {
  const logs = d.logs();
  for (const word of ['signal 6', 'signal 11', 'must(', 'AddressSanitizer', 'runtime error']) must(!logs.includes(word), word);
  for (const v of [...admin.values(), ...ann.values(), 'long password']) must(!logs.includes(v), 'the logs hold a secret');
});
model.stop();
d.stop();
s.end();
