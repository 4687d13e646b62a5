"""Make two shops, call their tools, and print what came of it as JSON: ``python -m tests.guests.tenants.calls``."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.guests.tenants.settings"
with psycopg.connect(
    host="127.0.0.1", port=os.environ["TEST_POSTGRES_PORT"], user="test", dbname="postgres", autocommit=True
) as postgres:
    postgres.execute("DROP DATABASE IF EXISTS shops")
    postgres.execute("CREATE DATABASE shops")

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django_tenants.utils import schema_context  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from drf_mcp.models import ToolRule  # noqa: E402
from tests.guests.tenants.goods.models import Good  # noqa: E402
from tests.guests.tenants.models import Host, Shop  # noqa: E402


def make_tables(*labels: str) -> None:
    with connection.schema_editor() as editor:
        for label in labels:
            for model in apps.get_app_config(label).get_models():
                if not model._meta.proxy:
                    editor.create_model(model)


def make_shop(name: str, *goods: str) -> str:
    shop = Shop.objects.create(schema_name=name)
    Host.objects.create(domain=f"{name}.example.com", tenant=shop, is_primary=True)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name}")
    with schema_context(name):
        make_tables("contenttypes", "auth", "authtoken", "drf_mcp", "goods")
        Good.objects.bulk_create(Good(name=good) for good in goods)
        return Token.objects.create(user=User.objects.create(username=name)).key


def send(shop: str, token: str, method: str, **params: Any) -> Any:
    headers = {"Authorization": f"Token {token}", "Host": f"{shop}.example.com"}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = Client().post("/mcp/", json.dumps(message), content_type="application/json", headers=headers)
    return answer.json() if answer.status_code == 200 else answer.status_code


def listed(shop: str, token: str) -> list[str]:
    answer = send(shop, token, "tools/call", name="list_goods_good", arguments={})
    return [good["name"] for good in answer["result"]["structuredContent"]["result"]]


def offered(shop: str, token: str) -> bool:
    tools = send(shop, token, "tools/list")["result"]["tools"]
    return "list_goods_good" in [tool["name"] for tool in tools]


make_tables("tenants")
tokens = {"north": make_shop("north", "ice", "snow"), "south": make_shop("south", "sun")}
send("south", tokens["south"], "tools/call", name="create_goods_good", arguments={"name": "sand"})
found = {"goods": {shop: listed(shop, token) for shop, token in tokens.items()}}
found["with the token of the other"] = send("north", tokens["south"], "tools/list")
found["of no shop"] = send("east", tokens["north"], "tools/list")
with schema_context("north"):
    ToolRule.objects.create(kind=ToolRule.Kind.TOOL, key="list_goods_good", is_enabled=False)
found["offered"] = {shop: offered(shop, token) for shop, token in tokens.items()}
print(json.dumps(found))
