"""One ViewSet, as REST and as tools."""

from django.conf import settings
from django.urls import include, path
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from .models import THINGS, Product


class ProductSerializer(ModelSerializer):
    class Meta:
        model = Product
        fields = "__all__"


class ProductViewSet(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


def of_thing(model):
    """A ViewSet for nothing but lists of tools."""
    meta = type("Meta", (), {"model": model, "fields": "__all__"})
    serializer = type(f"{model.__name__}Serializer", (ModelSerializer,), {"Meta": meta})
    own = {"queryset": model.objects.all(), "serializer_class": serializer}
    return type(f"{model.__name__}ViewSet", (ModelViewSet,), own)


viewsets = [ProductViewSet, *map(of_thing, THINGS)]
router = DefaultRouter()
router.register("products", ProductViewSet)
for viewset in viewsets[1:]:
    router.register(f"{viewset.queryset.model.__name__.lower()}s", viewset)

urlpatterns = [path("api/", include(router.urls))]
if settings.PACKAGE is None:
    urlpatterns.append(path("mcp/", include("drf_mcp.urls")))
else:
    urlpatterns += settings.PACKAGE.urls(router, viewsets)
