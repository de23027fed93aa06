// The site: express, which leaves signing in to express-openid-connect; it keeps its sessions in files.

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callbackify } from 'node:util';
import express from 'express';
import openid from 'express-openid-connect';

const { CLIENT_SECRET, PROVIDER_URL, RECORDS, SESSIONS, SITE_URL } = process.env;
const FOLIOS = 46;
const FOLIOS_PER_PAGE = 10;

const file = (id) => join(SESSIONS, encodeURIComponent(id));
const store = {
  get: callbackify(async (id) => JSON.parse(await readFile(file(id), 'utf8').catch(() => 'null')) ?? undefined),
  set: callbackify(async (id, session) => {
    const fresh = `${SESSIONS}-${randomUUID()}`;
    await writeFile(fresh, JSON.stringify(session));
    await rename(fresh, file(id));
  }),
  destroy: callbackify((id) => rm(file(id), { force: true })),
};

const app = express();
app.use(
  openid.auth({
    afterCallback: (request, response, session) => {
      appendFileSync(RECORDS, 'arrived\n');
      return session;
    },
    authRequired: false,
    authorizationParams: { response_mode: 'form_post', response_type: 'code', scope: 'openid profile' },
    baseURL: SITE_URL,
    clientID: 'reading-room',
    clientSecret: CLIENT_SECRET,
    idpLogout: true,
    issuerBaseURL: PROVIDER_URL,
    secret: 'no secret: this server answers on the loopback interface, in tests',
    session: { store },
  }),
);

const layout = (request, body) => `<!doctype html>
<html lang="en">
<title>The reading room</title>
${
  request.oidc.isAuthenticated()
    ? `<p id="me">${request.oidc.user.sub} · <a href="/logout">Leave</a>`
    : '<p><a href="/login">Come in</a>'
}
${body}
</html>
`;

app.get('/', (request, response) => {
  response.send(layout(request, '<p><a href="/folios">All folios</a>'));
});

app.get('/folios', openid.requiresAuth(), (request, response) => {
  const page = Number(request.query.page ?? 1);
  const first = (page - 1) * FOLIOS_PER_PAGE + 1;
  const last = Math.min(page * FOLIOS_PER_PAGE, FOLIOS);
  const rows = [];
  for (let n = first; n <= last; n += 1) rows.push(`<li class="folio">Leaf ${n}, recto &amp; verso`);
  const following = last < FOLIOS ? `<p><a rel="next" href="/folios?page=${page + 1}">More</a>` : '';
  response.send(layout(request, `<ul>\n${rows.join('\n')}\n</ul>\n${following}`));
});

app.listen(new URL(SITE_URL).port, '127.0.0.1');
