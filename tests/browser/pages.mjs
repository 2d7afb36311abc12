// pages: every page at 1280 and 360 px, light and dark: no overflow, no complaint of the browser, axe-core finds nothing.
import { Deployment, Suite, equal, must } from '../support/deployment.mjs';
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
const pages = { home: '/', dataset: '/movies', table: '/movies/movies', sql: '/movies/-/query?sql=select+title%2C+worldwide_gross+from+movies+order+by+2+desc+limit+20',
  'sql-error': '/movies/-/query?sql=select+titel+from+movies', chats: '/-/chat', chat, account: '/-/account', signin: '/-/signin',
  users: '/-/admin/users', datasets: '/-/admin/datasets', models: '/-/admin/models', health: '/-/admin/health',
  docs: '/-/docs', notice: '/-/docs/notice', demo: '/-/demo', missing: '/no-such-dataset' };
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
