// pages: every page at 1280 and 360 px, light and dark: no overflow, no complaint of the browser, axe-core finds nothing.
import { Deployment, Suite, equal, must } from '../support/deployment.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { axe, launch, open, overflow, shot } from '../support/browser.mjs';

const s = new Suite();
const d = await Deployment.start({ demo: true });
const browser = await launch();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
let state;
await s.test('signing in by the link', async () => {
  const page = await open(browser);
  await page.goto(d.url + link);
  await page.getByTestId('link-form').getByRole('button').click();
  await page.goto(`${d.url}/-/account`);
  must((await page.textContent('body')).includes('admin'), 'not signed in');
  state = await page.context().storageState();
  await page.context().close();
});
const asked = await open(browser, { storageState: state });
let chat = '/-/chat';
await s.test('a conversation to look at', async () => {
  await asked.goto(`${d.url}/movies`);
  await asked.getByTestId('question-box').fill('top 10 movies by worldwide gross');
  await asked.getByTestId('ask-button').click();
  await asked.locator('[data-outcome="done"]').waitFor({ timeout: 60000 });
  chat = new URL(asked.url()).pathname;
});
// Something to show on the pages of one's own: a saved query, a change, a label, and another one that waits.
let review = '/-/approve';
await s.test('a saved query, a change, a label, a change that waits', async () => {
  const run = args => { const r = d.lyceum(args); equal(r.status, 0, r.stdout + r.stderr); };
  run(['writable', 'movies', 'on']);
  fs.writeFileSync(path.join(d.state, 'words.csv'), 'id,word\n1,one\n2,two\n');
  run(['publish', path.join(d.state, 'words.csv'), '--name', 'words', '--members', '--title', 'Words']);
  run(['label', 'set', 'words', 'words.word', '--level', 'private']);
  const cookies = new Map(state.cookies.map(c => [c.name, c.value]));
  equal((await d.post('/-/saved', { do: 'put', name: 'The longest of a year', dataset: 'movies', sql: 'select title from movies where release_year = :year order by runtime desc limit 10', about: 'Ten titles.' }, { cookies })).status, 303);
  for (const sql of ["update movies set title = 'Avatar (2009)' where title = 'Avatar'", 'delete from movies where worldwide_gross is null; update movies set imdb_rating = 9.9 where imdb_rating > 8.8']) {
    const r = await d.post('/movies/-/write', { sql }, { cookies });
    equal(r.status, 303, r.body);
    review = new URL(r.headers.location, d.url).pathname;
    if (sql.startsWith('update')) equal((await d.decide(cookies, review.split('/').pop(), 'approve')).status, 303);
  }
});
const pages = { home: '/', dataset: '/movies', table: '/movies/movies', sql: '/movies/-/query?sql=select+title%2C+worldwide_gross+from+movies+order+by+2+desc+limit+20',
  'sql-error': '/movies/-/query?sql=select+titel+from+movies', chats: '/-/chat', chat, account: '/-/account', signin: '/-/signin',
  users: '/-/admin/users', datasets: '/-/admin/datasets', models: '/-/admin/models', health: '/-/admin/health',
  policy: '/-/admin/policy', audit: '/-/admin/audit', saved: '/-/saved', labels: '/words/-/labels', 'write-closed': '/words/-/write?sql=select+1', write: '/movies/-/write', changes: '/movies/-/changes', review, approvals: '/-/approve',
  'docs-policy': '/-/docs/policy', 'docs-approvals': '/-/docs/approvals', 'docs-labels': '/-/docs/labels', docs: '/-/docs', notice: '/-/docs/notice', demo: '/-/demo', missing: '/no-such-dataset' };
for (const [name, url] of Object.entries(pages)) {
  for (const width of [1280, 360]) {
    for (const colorScheme of ['light', 'dark']) {
      await s.test(`${name} at ${width} px, ${colorScheme}`, async () => {
        const page = await open(browser, { storageState: state, viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
        await page.goto(d.url + url, { waitUntil: 'load' });
        await shot(page, `${name}-${width}-${colorScheme}`);
        must(await overflow(page) <= 0, `${await overflow(page)} px stick out to the right`);
        equal(await axe(page), [], 'axe-core');
        const complaints = page.complaints.filter(c => !(name === 'missing' && /404/.test(c)) && !(name === 'sql-error' && /400/.test(c)));
        equal(complaints, [], 'complaints of the browser');
        await page.context().close();
      });
    }
  }
}
await browser.close();
d.stop();
s.end();
