"""Section 9: generic views, ``APIView`` and ``@api_view``."""

from __future__ import annotations

from rest_framework import generics
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.shop.models import Coupon, Product
from tests.shop.serializers import CouponSerializer, ProductSerializer


class ProductList(generics.ListCreateAPIView):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class ProductDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class CouponDetail(generics.RetrieveAPIView):
    queryset = Coupon.objects.all()
    serializer_class = CouponSerializer
    lookup_field = "code"


class StatusView(APIView):
    """The state of the shop."""

    def get(self, request, area=None):
        return Response({"area": area, "verbose": request.query_params.get("verbose")})

    def post(self, request, area=None):
        """Change the state."""
        return Response({"area": area, "state": request.data["state"]}, status=201)


class AdminOnlyView(APIView):
    permission_classes = [IsAdminUser]

    def get(self, request):
        return Response({"admin": True})


@api_view(["GET", "POST"])
def greet(request, name):
    """Greet somebody."""
    if request.method == "POST":
        return Response({"hello": name, "word": request.data["word"]}, status=201)
    return Response({"hello": name})


@api_view(["GET"])
@permission_classes([IsAdminUser])
def admin_greet(request):
    return Response({"hello": "admin"})
