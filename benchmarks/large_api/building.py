"""Makes models, serializers and ViewSets from ``domains/*.toml``; README.md says how these are written."""

import re
import tomllib
from pathlib import Path

from django.db import models
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

DOMAINS = Path(__file__).with_name("domains")

MIXINS = {
    "l": mixins.ListModelMixin,
    "r": mixins.RetrieveModelMixin,
    "c": mixins.CreateModelMixin,
    "u": mixins.UpdateModelMixin,
    "d": mixins.DestroyModelMixin,
}
KINDS = {
    "": lambda **options: models.CharField(max_length=100, **options),
    "text": models.TextField,
    "int": models.IntegerField,
    "decimal": lambda **options: models.DecimalField(max_digits=8, decimal_places=2, **options),
    "money": lambda **options: models.DecimalField(max_digits=14, decimal_places=2, **options),
    "bool": lambda **options: models.BooleanField(default=False, **options),
    "date": models.DateField,
    "time": models.TimeField,
    "datetime": models.DateTimeField,
    "email": models.EmailField,
    "url": models.URLField,
    "json": lambda **options: models.JSONField(default=list, **options),
}
INPUTS = {
    "": serializers.CharField,
    "text": serializers.CharField,
    "int": serializers.IntegerField,
    "decimal": lambda: serializers.DecimalField(max_digits=8, decimal_places=2),
    "money": lambda: serializers.DecimalField(max_digits=14, decimal_places=2),
    "bool": serializers.BooleanField,
    "date": serializers.DateField,
    "datetime": serializers.DateTimeField,
    "email": serializers.EmailField,
    "url": serializers.URLField,
    "json": serializers.JSONField,
}


def routers():
    """A router for each domain, by its name."""
    return {path.stem: _router(path.stem, tomllib.loads(path.read_text())) for path in sorted(DOMAINS.glob("*.toml"))}


def _router(domain, resources):
    router = SimpleRouter()
    for name, resource in resources.items():
        router.register(_plural(_dashed(name)), _viewset(_model(domain, name, resource), resource))
    return router


def _model(domain, name, resource):
    helps = resource.get("help", {})
    fields = {
        field: _field(kind, helps.get(field, "")) for field, kind in map(_name_and_kind, resource["fields"].split())
    }
    meta = type("Meta", (), {"app_label": domain, "managed": False, "ordering": ["pk"]})
    return type(name, (models.Model,), {**fields, "Meta": meta, "__module__": __name__})


def _field(kind, help_text):
    optional = kind.endswith("?")
    kind = kind.removesuffix("?")
    options = {"help_text": help_text} | ({"null": True, "blank": True} if optional else {})
    if "." in kind:
        return models.ForeignKey(kind, models.PROTECT, related_name="+", **options)
    if "|" in kind:
        return models.CharField(max_length=20, choices=[(value, value) for value in kind.split("|")], **options)
    return KINDS[kind](**options)


def _viewset(model, resource):
    serializer_meta = type("Meta", (), {"model": model, "fields": "__all__"})
    serializer = type(f"{model.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": serializer_meta})
    kinds = dict(map(_name_and_kind, resource["fields"].split()))
    attributes = {
        "__doc__": resource.get("doc"),
        "__module__": __name__,
        "queryset": model._default_manager.all(),
        "serializer_class": serializer,
        "filter_backends": [DjangoFilterBackend],
        "filterset_fields": [field for field, kind in kinds.items() if "." in kind or "|" in kind or kind == "bool"],
        **{name: _action(name, said) for name, said in resource.get("actions", {}).items()},
    }
    bases = tuple(MIXINS[letter] for letter in resource.get("crud", "lrcud"))
    return type(f"{model.__name__}ViewSet", (*bases, GenericViewSet), attributes)


def _action(name, said):
    """An extra action from ``[get all name:kind] What it does.``"""
    options, doc = re.fullmatch(r"(?:\[(.*?)\])? ?(.*)", said).groups()
    words = (options or "").split()
    inputs = {field: INPUTS[kind]() for field, kind in map(_name_and_kind, words) if field not in ("get", "all")}

    def handler(self, request, pk=None):
        return Response(status=204)

    handler.__name__ = handler.__qualname__ = name
    handler.__doc__ = doc or None
    if "get" in words:
        return action(detail="all" not in words, methods=["get"])(handler)
    serializer = type(f"{name.title().replace('_', '')}Serializer", (serializers.Serializer,), inputs)
    return action(detail="all" not in words, methods=["post"], serializer_class=serializer)(handler)


def _name_and_kind(word):
    name, _, kind = word.partition(":")
    return name, kind


def _dashed(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _plural(word):
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch")) else f"{word}s"
