"""Which authentication classes count, at the endpoint and in front of a view."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings
from django.utils.module_loading import import_string
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    RemoteUserAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)

from drf_mcp.auth.identity import (
    ORDINARY,
    Identity,
    ambient_classes,
    endpoint_authentication_classes,
    foreign_authentication_class,
    opaque_credentials,
)
from drf_mcp.auth.tokens import AccessTokenAuthentication
from tests.factories import TokenFactory, UserFactory


class Own(BaseAuthentication):
    """A class of the project's own."""


class OwnSession(SessionAuthentication):
    """An ambient class under another name."""


AMBIENT = [SessionAuthentication, BasicAuthentication, RemoteUserAuthentication, OwnSession]


def path_of(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def test_the_projects_defaults_prove_a_caller_where_nothing_else_is_said() -> None:
    assert endpoint_authentication_classes() == [AccessTokenAuthentication, TokenAuthentication]


@pytest.mark.parametrize("ambient", AMBIENT)
def test_what_a_browser_sends_by_itself_proves_nobody(ambient) -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [ambient, Own]}):
        assert endpoint_authentication_classes() == [Own]
    with override_settings(
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [path_of(ambient), path_of(TokenAuthentication)]}
    ):
        assert endpoint_authentication_classes() == [AccessTokenAuthentication, TokenAuthentication]


def test_ambient_classes_are_named() -> None:
    assert ambient_classes([TokenAuthentication, *AMBIENT]) == [cls.__name__ for cls in AMBIENT]


def test_an_empty_list_proves_nobody() -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": []}):
        assert endpoint_authentication_classes() == []


BY_TOKEN = Identity(None, None, TokenAuthentication())
BY_OWN = Identity(None, None, Own())


@pytest.mark.parametrize(
    ("classes", "identity", "is_foreign"),
    [
        ([], None, False),
        ([TokenAuthentication], None, False),
        ([SessionAuthentication, BasicAuthentication], BY_OWN, False),
        ([Own], None, True),
        ([Own], BY_TOKEN, True),
        ([Own], BY_OWN, False),
        ([Own, TokenAuthentication], BY_TOKEN, False),
        ([TokenAuthentication, Own], None, True),
        ([OwnSession], BY_TOKEN, True),
    ],
)
def test_a_view_takes_an_identity_from_its_own_classes_or_from_ordinary_ones(classes, identity, is_foreign) -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [TokenAuthentication, Own]}):
        found = foreign_authentication_class(classes, identity)
    assert (found is not None) == is_foreign
    assert found in (None, f"{__name__}.Own", f"{__name__}.OwnSession")


def test_a_class_that_only_another_view_names_proves_nobody_to_this_one() -> None:
    assert foreign_authentication_class([TokenAuthentication], BY_TOKEN) is None
    assert foreign_authentication_class([TokenAuthentication], BY_OWN) == path_of(TokenAuthentication)
    assert foreign_authentication_class([], BY_OWN) is None


def test_the_projects_defaults_are_ordinary_whatever_they_are() -> None:
    with override_settings(REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [path_of(Own)]}):
        assert foreign_authentication_class([Own]) is None


def test_a_class_that_the_setting_names_is_accepted() -> None:
    with override_settings(DRF_MCP={"ACCEPT_IDENTITY_FOR": [f"{__name__}.Own"]}):
        assert foreign_authentication_class([Own, TokenAuthentication]) is None


def test_ordinary_classes_are_named_by_paths_of_which_drfs_exist() -> None:
    for path in ORDINARY:
        if path.startswith("rest_framework."):
            assert issubclass(import_string(path), BaseAuthentication)


def test_an_identity_is_anonymous_until_a_class_proves_it() -> None:
    assert Identity(AnonymousUser(), None, None).is_anonymous
    assert not BY_TOKEN.is_anonymous


@pytest.mark.django_db
def test_opaque_credentials_differ_by_user_by_token_and_by_class() -> None:
    token, user = TokenFactory(), UserFactory()
    calls = [
        (Identity(token.user, token, TokenAuthentication()), f"Token {token.key}"),
        (Identity(token.user, token, TokenAuthentication()), "Token another"),
        (Identity(user, None, TokenAuthentication()), f"Token {token.key}"),
        (Identity(user, None, Own()), f"Token {token.key}"),
        (Identity(object(), {"tenant": 1}, Own()), "Gateway 1"),
        (Identity(object(), {"tenant": 2}, Own()), "Gateway 2"),
    ]
    values = [opaque_credentials(*call) for call in calls]
    assert len(set(values)) == len(values)
    assert values == [opaque_credentials(*call) for call in calls]
    assert all(token.key not in value for value in values)


@pytest.mark.django_db
def test_opaque_credentials_cannot_be_guessed_without_the_secret_key() -> None:
    identity = Identity(UserFactory(), None, TokenAuthentication())
    before = opaque_credentials(identity, "Token x")
    with override_settings(SECRET_KEY="another"):
        assert opaque_credentials(identity, "Token x") != before
