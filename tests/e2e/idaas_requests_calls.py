#!/usr/bin/python3
"""The identity API's two Python functions as its document writes them, call by call; the test puts its own host in the
place of http://localhost:8080. Prints the names of what came back, then what is secret."""
import json

import requests


def create_tenant():
    try:
        response = requests.post('http://localhost:8080/v1/tenants', json={
            'name': '我的应用'
        })
        response.raise_for_status()

        tenant_data = response.json()
        print('tenant:', *tenant_data)
        return tenant_data
    except requests.exceptions.RequestException as e:
        print('no tenant:', e)


def register_user(api_key, user_data):
    try:
        headers = {
            'Authorization': f'Bearer {api_key}',
            'Content-Type': 'application/json'
        }

        response = requests.post('http://localhost:8080/v1/auth/register',
                                 json={
                                     'email': user_data['email'],
                                     'password': user_data['password'],
                                     'profile': {
                                         'name': user_data['name'],
                                         'role': 'user'
                                     }
                                 }, headers=headers)
        response.raise_for_status()

        user_data = response.json()
        print('registered:', user_data['email'], json.dumps(user_data['profile'], ensure_ascii=False))
        return user_data
    except requests.exceptions.RequestException as e:
        print('not registered:', e)


tenant = create_tenant()
register_user(tenant['public_key'], {'email': 'user@example.com', 'password': 'password123', 'name': '张三'})
print(json.dumps({'secret_key': tenant['secret_key']}, separators=(',', ':')))
