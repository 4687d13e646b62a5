"""One ViewSet, as REST and as tools."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from .models import Product


class ProductSerializer(ModelSerializer):
    class Meta:
        model = Product
        fields = "__all__"


class ProductViewSet(ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


router = DefaultRouter()
router.register("products", ProductViewSet)

urlpatterns = [
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
]
