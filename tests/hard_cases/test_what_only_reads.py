"""``readOnlyHint``, on which clients stop asking: it is given to what is seen to change nothing."""

from __future__ import annotations

from types import ModuleType

import pytest
from django.contrib import auth
from django.core.mail import mail_admins
from django.db.models import F
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.factories import routed, tools_of
from tests.shop.models import Product
from tests.shop.serializers import ProductSerializer


def bump():
    Product.objects.create(sku="n", name="n")


def count(rows):
    return rows.filter(stock__gt=1).count()


elsewhere = ModuleType("elsewhere")
elsewhere.bump = bump


class Products(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class Writing(Products):
    def retrieve(self, request, *args, **kwargs):
        Product.objects.filter(pk=kwargs["pk"]).update(stock=F("stock") + 1)
        return super().retrieve(request, *args, **kwargs)

    @action(detail=False)
    def reset(self, request):
        self.get_queryset().update(stock=0)
        return Response({})

    @action(detail=False)
    def helped(self, request):
        bump()
        return Response({})

    @action(detail=True)
    def tagged(self, request, pk=None):
        self.get_object().tags.clear()
        return Response({})

    @action(detail=False)
    def unseen(self, request):
        request.connection.hit()
        return Response({})


class Hooked(Products):
    def get_object(self):
        product = super().get_object()
        Product.objects.filter(pk=product.pk).update(stock=0)
        return product


class Listening(Products):
    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        bump()


class Reading(Products):
    def get_queryset(self):
        return super().get_queryset().filter(stock__gt=int(self.request.query_params.get("over", 0)))

    def get_serializer_context(self):
        context = super().get_serializer_context()
        context.update({"short": True})
        return context

    def list(self, request, *args, **kwargs):
        response = super().list(request, *args, **kwargs)
        response.data.update({"count": count(self.get_queryset())})
        return response

    @action(detail=False)
    def summary(self, request):
        names = {row.name.lower() for row in self.filter_queryset(self.get_queryset()).order_by("name")[:5]}
        totals = {}
        totals.update(names=sorted(names), number=count(self.get_queryset()))
        return Response(totals)

    @action(detail=True)
    def shown(self, request, pk=None):
        serializer = self.get_serializer(self.get_object())
        return Response(serializer.data)


class Sly(Products):
    """Nothing of this is called ``save``."""

    def list(self, request):
        request.session["seen"] = True
        return super().list(request)

    def retrieve(self, request, pk=None):
        mail_admins("Seen", "It was.")
        return super().retrieve(request)

    @action(detail=False)
    def forgets(self, request):
        request.session.pop("seen", None)
        return Response({})

    @action(detail=False)
    def mails(self, request):
        mail_admins("Seen", "It was.")
        return Response({})

    @action(detail=False)
    def logs_in(self, request):
        auth.login(request, request.user)
        return Response({})

    @action(detail=False)
    def updates(self, request):
        request.gateway.update(request.user)
        return Response({})

    @action(detail=False)
    def starts(self, request):
        request.gateway.start()
        return Response({})

    @action(detail=False)
    def closes(self, request):
        request.ticket.close()
        return Response({})

    @action(detail=False)
    def hands_a_function_on(self, request):
        return Response([*map(elsewhere.bump, ())])

    @action(detail=False)
    def hands_a_method_on(self, request):
        return Response([*map(self.get_object().save, ())])


def reads(view, name):
    return tools_of(*routed(view))[name].annotations["readOnlyHint"]


@pytest.mark.parametrize(
    ("view", "name"),
    [
        *((Writing, name) for name in ("retrieve", "reset", "helped", "tagged", "unseen")),
        (Hooked, "retrieve"),
        (Listening, "list"),
        *((Sly, name) for name in vars(Sly) if not name.startswith("_")),
    ],
)
def test_a_get_that_writes_is_not_said_to_read_only(view, name) -> None:
    assert reads(view, name) is False


@pytest.mark.parametrize(
    ("view", "name"),
    [
        *((Products, name) for name in ("list", "retrieve")),
        *((Reading, name) for name in ("list", "retrieve", "summary", "shown")),
        (Hooked, "list"),
        (Writing, "list"),
    ],
)
def test_a_get_that_only_reads_is_said_to(view, name) -> None:
    assert reads(view, name) is True
