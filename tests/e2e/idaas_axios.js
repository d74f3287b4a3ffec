// The identity API as a JavaScript program uses it that follows its document: axios, JSON, a tenant, a user, a login,
// who am I; and what the program's error handler is shown. ORIGIN is in the place of http://localhost:8080.
const assert = require('node:assert/strict');
const axios = require('axios');

const origin = process.env.ORIGIN;
const bearer = (key) => ({ headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' } });
const profile = { name: '张三', role: 'user' };
const person = { email: 'user@example.com', password: 'password123' };

async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return [error.response.status, error.response.data.error];
  }
  assert.fail('was not refused');
}

async function main() {
  const made = await axios.post(`${origin}/v1/tenants`, { name: '我的应用' });
  const tenant = made.data;
  assert.equal(made.status, 201);
  assert.deepEqual(Object.keys(tenant), ['id', 'name', 'public_key', 'secret_key', 'created_at']);
  assert.equal(tenant.name, '我的应用');
  assert.match(tenant.id, /^tnt_[a-z0-9]{12,20}$/);

  const registered = await axios.post(`${origin}/v1/auth/register`, { ...person, profile }, bearer(tenant.public_key));
  assert.equal(registered.status, 201);
  assert.deepEqual(Object.keys(registered.data), ['id', 'email', 'profile', 'created_at']);
  assert.deepEqual(registered.data.profile, profile);

  const login = await axios.post(`${origin}/v1/auth/login`, person, bearer(tenant.public_key));
  assert.equal(login.status, 200);
  assert.deepEqual(login.data.user, registered.data);

  const me = await axios.get(`${origin}/v1/users/me`, { headers: { Authorization: `Bearer ${login.data.token}` } });
  assert.equal(me.status, 200);
  assert.deepEqual(me.data, registered.data);

  const enroll = (body, key = tenant.public_key) => refusal(axios.post(`${origin}/v1/auth/register`, body, bearer(key)));
  assert.deepEqual(await enroll({ password: 'password123' }), [400, '"email" is required']);
  assert.deepEqual(await enroll({ email: 'b@example.com' }), [400, '"password" is required']);
  assert.deepEqual(await enroll({ email: 'b@example.com', password: '12345' }), [400, '"password" must be at least 6 characters']);
  assert.deepEqual(await enroll({ email: 'b', password: 'password123' }), [400, '"email" is not a valid email']);
  assert.deepEqual(await enroll(person, 'pub_xyz789abc123'), [401, 'tenant not found']);
  assert.equal((await enroll({ ...person, profile }))[0], 409);
  const wrong = axios.post(`${origin}/v1/auth/login`, { ...person, password: 'another one' }, bearer(tenant.public_key));
  assert.deepEqual(await refusal(wrong), [401, 'invalid email or password']);
  assert.deepEqual(await refusal(axios.get(`${origin}/v1/users/me`, bearer('eyJ.a.b'))), [401, 'user not authenticated']);
  assert.deepEqual(await refusal(axios.get(`${origin}/v1/tenants/tnt_000000000000`)), [404, 'tenant not found']);
  assert.deepEqual(await refusal(axios.get(`${origin}/v1/users/usr_000000000000`, bearer(tenant.secret_key))), [404, 'user not found']);
  console.log(JSON.stringify({ token: login.data.token, secret_key: tenant.secret_key }));
}

main();
