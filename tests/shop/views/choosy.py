"""Sections 6 and 7: serializers that depend on something, and querysets of every kind."""

from __future__ import annotations

from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from tests.shop.models import Order, Product, Project, Task
from tests.shop.serializers import (
    CouponSerializer,
    OrderSerializer,
    ProductSerializer,
    ProjectSerializer,
    TaskSerializer,
)


class BasicSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "sku"]


class FullSerializer(ProductSerializer):
    pass


class ByUserViewSet(viewsets.ModelViewSet):
    """Staff gets everything, users the basics."""

    queryset = Product.objects.all()

    def get_serializer_class(self):
        return FullSerializer if self.request.user.is_staff else BasicSerializer


class ShortSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "name"]


class ByMethodViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.all()

    def get_serializer_class(self):
        if self.request.method == "GET":
            return ShortSerializer
        return ProductSerializer


class ByQueryViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.all()

    def get_serializer_class(self):
        return ProductSerializer if self.request.query_params.get("full") == "1" else ShortSerializer


class FailsWithoutRequestViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.all()

    def get_serializer_class(self):
        return {"acme": ProductSerializer}[self.request.organization]


class MissingViewSet(viewsets.GenericViewSet, mixins.ListModelMixin, mixins.CreateModelMixin):
    """Names no serializer, so that its stock actions fail under REST."""

    queryset = Product.objects.all()

    @action(detail=False, methods=["post"])
    def count(self, request):
        return Response({"count": self.get_queryset().count(), "body": request.data})


class FirstArgumentViewSet(viewsets.ModelViewSet):
    """``get_serializer()`` looks at its first argument."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def get_serializer(self, *args, **kwargs):
        if "data" not in kwargs:
            first = args[0]
            kwargs["context"] = {**self.get_serializer_context(), "first": type(first).__name__}
            return self.serializer_class(*args, **kwargs)
        return super().get_serializer(*args, **kwargs)


class TransferSerializer(serializers.Serializer):
    amount = serializers.IntegerField(min_value=1)
    to = serializers.SlugRelatedField("sku", queryset=Product.objects.all())


class OtherInActionViewSet(viewsets.GenericViewSet):
    """The action's body uses another class than the view says, and answers something else."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    @action(detail=True, methods=["post"])
    def transfer(self, request, pk=None):
        serializer = TransferSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        source, target = self.get_object(), serializer.validated_data["to"]
        source.stock -= serializer.validated_data["amount"]
        target.stock += serializer.validated_data["amount"]
        source.save()
        target.save()
        return Response({"task": f"{source.sku}-{target.sku}"}, status=202)


class RequiredByMethodSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "sku", "name", "price", "stock"]

    def get_fields(self):
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.method == "GET":
            del fields["price"]
        if request is None or not request.user.is_staff:
            fields["stock"].read_only = True
        return fields


class ChangingFieldsViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = RequiredByMethodSerializer


class ManyChoicesSerializer(serializers.Serializer):
    code = serializers.ChoiceField([(f"c{n}", f"Code {n}") for n in range(709)])
    size = serializers.ChoiceField([("s", "Small"), ("l", "Large")])


class ManyChoicesViewSet(viewsets.GenericViewSet):
    serializer_class = ManyChoicesSerializer
    queryset = Product.objects.none()

    @action(detail=False, methods=["post"])
    def choose(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


class HyperOrderSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Order
        fields = ["url", "product", "quantity"]
        extra_kwargs = {"url": {"view_name": "hyper-order-detail"}, "product": {"view_name": "by-user-detail"}}


class HyperOrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = HyperOrderSerializer


class NeedsOrganizationViewSet(viewsets.ModelViewSet):
    """Its queryset wants a user with attributes that middleware sets."""

    serializer_class = TaskSerializer

    def get_queryset(self):
        return Task.objects.filter(owner__email__endswith=self.request.user.email.split("@")[1])


class ListQuerysetViewSet(viewsets.GenericViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Its queryset is a list."""

    serializer_class = CouponSerializer
    filter_backends = []

    def get_queryset(self):
        return [{"code": "a", "percent": 1}, {"code": "b", "percent": 2}]

    def get_object(self):
        return self.get_queryset()[0]


class TupleQuerysetViewSet(ListQuerysetViewSet):
    def get_queryset(self):
        return ({"code": "t", "percent": 3},)


class NoneQuerysetViewSet(viewsets.ModelViewSet):
    """Its queryset is None, which REST answers with an error."""

    serializer_class = CouponSerializer

    def get_queryset(self):
        return None

    def list(self, request, *args, **kwargs):
        return Response({"nothing": self.get_queryset()})


class LyingViewSet(viewsets.ModelViewSet):
    """The class attribute was copied from another app; the method tells the truth."""

    queryset = Project.objects.all()
    serializer_class = TaskSerializer

    def get_queryset(self):
        return Task.objects.all()


class OtherModelViewSet(viewsets.ReadOnlyModelViewSet):
    """The queryset's model is not the serializer's."""

    queryset = Project.objects.all()
    serializer_class = OrderSerializer

    def list(self, request, *args, **kwargs):
        return Response(ProjectSerializer(self.get_queryset(), many=True).data)


class NoQuerysetViewSet(viewsets.GenericViewSet, mixins.CreateModelMixin):
    """There is no queryset at all; ``create`` needs none."""

    serializer_class = ProductSerializer
