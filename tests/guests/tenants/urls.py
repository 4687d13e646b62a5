"""The API of each shop, and its tools."""

from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from .goods.models import Good


class GoodSerializer(serializers.ModelSerializer):
    class Meta:
        model = Good
        fields = ["id", "name"]


class GoodViewSet(viewsets.ModelViewSet):
    queryset = Good.objects.order_by("pk")
    serializer_class = GoodSerializer


router = SimpleRouter()
router.register("goods", GoodViewSet)
urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
