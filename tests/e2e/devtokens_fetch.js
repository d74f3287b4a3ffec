// The developer API as a JavaScript program uses it that follows its document: fetch and a Bearer header. ORIGIN is in
// the place of the document's host, TOKEN in that of your_token_here.
const TOKEN = process.env.TOKEN;
const BASE_URL = process.env.ORIGIN;

async function getUsers() {
  const response = await fetch(`${BASE_URL}/api/v1/users`, {
    headers: {
      'Authorization': `Bearer ${TOKEN}`
    }
  });

  const data = await response.json();
  console.log(`Total users: ${data.count}`);

  data.users.forEach(user => {
    console.log(`  - ${user.nickname} (${user.user_id})`);
  });
}

getUsers();
