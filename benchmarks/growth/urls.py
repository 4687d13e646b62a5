"""``GROWTH_TOOLS`` tools, five for each ViewSet: classes of their own over one table, half of them by permissions."""

import os

from django.urls import include, path
from rest_framework import permissions
from rest_framework.pagination import PageNumberPagination
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from benchmarks.project.models import Product


class AllAtOnce(PageNumberPagination):
    """A page of a size that the caller chooses."""

    page_size_query_param = "page_size"
    max_page_size = 1_000_000


def view_set(number: int) -> type[ModelViewSet]:
    """A class as projects write them, under a name of its own."""
    meta = type("Meta", (), {"model": Product, "fields": "__all__"})
    serializer = type(f"Part{number}Serializer", (ModelSerializer,), {"Meta": meta})
    allowed = permissions.DjangoModelPermissions if number % 2 else permissions.IsAuthenticated
    own = {
        "__doc__": f"Parts of kind {number}, of which the shop keeps stock.",
        "queryset": Product.objects.all(),
        "serializer_class": serializer,
        "permission_classes": [allowed],
        "pagination_class": AllAtOnce,
    }
    return type(f"Part{number}ViewSet", (ModelViewSet,), own)


router = SimpleRouter()
for number in range(int(os.environ["GROWTH_TOOLS"]) // 5):
    router.register(f"parts{number}", view_set(number), f"part{number}")

urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
