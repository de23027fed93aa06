// The identity provider: oidc-provider, with a page to sign in on and a page to consent on.

import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

const { ACCOUNTS, CLIENT_SECRET, PROVIDER_URL, RECORDS, SITE_URL } = process.env;
const passwords = new Map(Object.entries(JSON.parse(ACCOUNTS)));
const record = (line) => appendFileSync(RECORDS, `${line}\n`);

const provider = new Provider(PROVIDER_URL, {
  claims: { openid: ['sub'], profile: ['name'] },
  clients: [
    {
      client_id: 'reading-room',
      client_secret: CLIENT_SECRET,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: [`${SITE_URL}/callback`],
      post_logout_redirect_uris: [SITE_URL],
    },
    {
      client_id: 'desktop',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
    },
  ],
  conformIdTokenClaims: false,
  cookies: { keys: ['no secret: this server answers on the loopback interface, in tests'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, name: sub }) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
});

const layout = (title, body) => `<!doctype html>
<html lang="en">
<title>${title}</title>
<h1>${title}</h1>
${body}
</html>
`;

const signInPage = (uid, complaint = '') =>
  layout(
    'Who are you?',
    `${complaint && `<p class="error">${complaint}</p>`}
<form class="login" method="post" action="/interaction/${uid}/login">
<p><label>Account <input type="text" name="login"></label>
<p><label>Password <input type="password" name="password"></label>
<p><button type="submit">Sign in</button>
</form>
<p><a href="/interaction/${uid}/abort">Cancel</a>`,
  );

const consentPage = (uid) =>
  layout(
    'May the reading room know your name?',
    `<form class="consent" method="post" action="/interaction/${uid}/confirm">
<input type="hidden" name="prompt" value="consent">
<p><button type="submit">Continue</button>
</form>
<p><a href="/interaction/${uid}/abort">Cancel</a>`,
  );

function send(response, status, page) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
}

async function showPrompt({ uid, prompt }, request, response) {
  send(response, 200, prompt.name === 'login' ? signInPage(uid) : consentPage(uid));
}

async function signIn({ uid }, request, response) {
  const form = new URLSearchParams(await text(request));
  const accountId = form.get('login');
  const isRight = passwords.has(accountId) && passwords.get(accountId) === form.get('password');
  record(isRight ? 'signed in' : 'refused');
  if (isRight) await provider.interactionFinished(request, response, { login: { accountId } });
  else send(response, 401, signInPage(uid, 'Invalid account or password.'));
}

async function consent({ params, prompt, session }, request, response) {
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  const grantId = await grant.save();
  record('consented');
  await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
}

async function abort(_, request, response) {
  await provider.interactionFinished(request, response, { error: 'access_denied' });
}

const steps = { 'GET ': showPrompt, 'POST login': signIn, 'POST confirm': consent, 'GET abort': abort };
const others = provider.callback();

createServer(async (request, response) => {
  const [, name, , action = ''] = request.url.split('/');
  const step = name === 'interaction' && steps[`${request.method} ${action}`];
  if (!step) return others(request, response);
  try {
    await step(await provider.interactionDetails(request, response), request, response);
  } catch (error) {
    console.error(error);
    send(response, 400, layout('This did not work', `<p class="error">${error.name}</p>`));
  }
}).listen(new URL(PROVIDER_URL).port, '127.0.0.1');
