// oauth4webapi, which checks every answer against the RFCs: discovery, a token by either way of authenticating, its
// use, introspection, revocation, and the words of a refusal. Environment as in openid_client.js.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18 has it in the module only
const oauth = await import('oauth4webapi');
const { ORIGIN, CLIENT_ID, CLIENT_SECRET } = process.env;
const issuer = new URL(ORIGIN);
const client = { client_id: CLIENT_ID };

const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' });
const server = await oauth.processDiscoveryResponse(issuer, found);
assert.ok(server.grant_types_supported.includes('client_credentials'));

async function tokenBy(authentication, parameters = {}) {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters);
  return oauth.processClientCredentialsResponse(server, client, answer);
}

async function isActive(authentication, token) {
  const answer = await oauth.introspectionRequest(server, client, authentication, token);
  return (await oauth.processIntrospectionResponse(server, client, answer)).active;
}

for (const authentication of [oauth.ClientSecretBasic(CLIENT_SECRET), oauth.ClientSecretPost(CLIENT_SECRET)]) {
  const { access_token, token_type, expires_in } = await tokenBy(authentication, { scope: 'user:read' });
  assert.deepEqual([token_type, expires_in], ['bearer', 300]);

  const api = new URL('/api/internal/users?tenant_id=tnt_default', ORIGIN);
  const users = await oauth.protectedResourceRequest(access_token, 'GET', api);
  assert.ok(Array.isArray((await users.json()).users));

  assert.equal(await isActive(authentication, access_token), true);
  const revoked = await oauth.revocationRequest(server, client, authentication, access_token);
  await oauth.processRevocationResponse(revoked);
  assert.equal(await isActive(authentication, access_token), false);
  await assert.rejects(oauth.protectedResourceRequest(access_token, 'GET', api), { status: 401 });
}

await assert.rejects(tokenBy(oauth.ClientSecretBasic('wrong')), { name: 'WWWAuthenticateChallengeError', status: 401 });
await assert.rejects(tokenBy(oauth.ClientSecretPost(CLIENT_SECRET), { scope: 'nobody:knows' }), { error: 'invalid_scope' });
console.log(`oauth4webapi: all is well on Node ${process.version}`);
