// The identity API's four JavaScript functions as its document writes them, call by call; the test puts its own host in
// the place of http://localhost:8080. Prints the names of what came back, then what is secret.
const axios = require('axios');

async function createTenant() {
  try {
    const response = await axios.post('http://localhost:8080/v1/tenants', {
      name: '我的应用'
    });

    console.log('tenant:', Object.keys(response.data).join(' '));
    return response.data;
  } catch (error) {
    console.error('no tenant:', error.response.data);
  }
}

async function registerUser(apiKey, userData) {
  try {
    const response = await axios.post('http://localhost:8080/v1/auth/register', {
      email: userData.email,
      password: userData.password,
      profile: {
        name: userData.name,
        role: 'user'
      }
    }, {
      headers: {
        'Authorization': `Bearer ${apiKey}`,
        'Content-Type': 'application/json'
      }
    });

    console.log('registered:', response.data.email, JSON.stringify(response.data.profile));
    return response.data;
  } catch (error) {
    console.error('not registered:', error.response.data);
  }
}

async function loginUser(apiKey, credentials) {
  try {
    const response = await axios.post('http://localhost:8080/v1/auth/login', {
      email: credentials.email,
      password: credentials.password
    }, {
      headers: {
        'Authorization': `Bearer ${apiKey}`,
        'Content-Type': 'application/json'
      }
    });

    console.log('signed in:', Object.keys(response.data).join(' '));
    return response.data;
  } catch (error) {
    console.error('not signed in:', error.response.data);
  }
}

async function getUserInfo(jwtToken) {
  try {
    const response = await axios.get('http://localhost:8080/v1/users/me', {
      headers: {
        'Authorization': `Bearer ${jwtToken}`
      }
    });

    console.log('me:', response.data.email, Object.keys(response.data).join(' '));
    return response.data;
  } catch (error) {
    console.error('nobody:', error.response.data);
  }
}

async function main() {
  const tenant = await createTenant();
  const person = { email: 'user@example.com', password: 'password123', name: '张三' };
  await registerUser(tenant.public_key, person);
  const { token } = await loginUser(tenant.public_key, person);
  await getUserInfo(token);
  console.log(JSON.stringify({ token, secret_key: tenant.secret_key }));
}

main();
