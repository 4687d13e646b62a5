"""Section 4."""

from functools import wraps

from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import PermissionDenied
from django.urls import include, path
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_cookie, vary_on_headers
from rest_framework.authtoken.models import Token
from rest_framework.routers import DefaultRouter, Route, SimpleRouter
from rest_framework.urlpatterns import format_suffix_patterns

from tests.shop.views import odd_routes


class BulkRouter(SimpleRouter):
    routes = [
        Route(
            url=r"^{prefix}{trailing_slash}$",
            mapping={
                "get": "list",
                "post": "create",
                "put": "bulk_update",
                "patch": "bulk_partial_update",
                "delete": "bulk_destroy",
            },
            name="{basename}-list",
            detail=False,
            initkwargs={"suffix": "List"},
        ),
        *SimpleRouter.routes[1:],
    ]


class StartRouter(SimpleRouter):
    routes = [
        Route(
            url=r"^{prefix}/{lookup}{trailing_slash}$",
            mapping={"post": "start"},
            name="{basename}-detail",
            detail=True,
            initkwargs={},
        )
    ]


def staff_only(view):
    """Lets staff in only; who it is stands in the token, as the API's clients send it."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        key = request.headers.get("Authorization", "").removeprefix("Token ")
        token = Token.objects.filter(key=key).first()
        user = token.user if token else getattr(getattr(request, "mcp", None), "user", None)
        if user is None or not user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def nobody_at_all(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        raise PermissionDenied

    return guarded


bulk = BulkRouter()
bulk.register("bulk", odd_routes.BulkViewSet, "bulk")
start = StartRouter()
start.register("start", odd_routes.PostOnDetailViewSet, "start")

router = SimpleRouter()
router.register("one-or-many", odd_routes.OneOrManyViewSet, "one-or-many")
router.register("array", odd_routes.ArrayViewSet, "array")
router.register("pages", odd_routes.PageViewSet, "page")
router.register("me", odd_routes.MeViewSet, "me")
router.register("mapping", odd_routes.MappingViewSet, "mapping")
router.register("coupons", odd_routes.ReadOnlyByNamesViewSet, "coupon")
router.register("verbs", odd_routes.VerbViewSet, "verb")
router.register("delete-action", odd_routes.DeleteActionViewSet, "delete-action")

suffixed = DefaultRouter()
suffixed.register("suffixed", odd_routes.TaskViewSet, "suffixed")

languages = SimpleRouter()
languages.register("language", odd_routes.LanguageViewSet, "language")

confirm = odd_routes.ConfirmViewSet

urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    *bulk.urls,
    *start.urls,
    *router.urls,
    path("suffixes/", include(suffixed.urls)),
    *format_suffix_patterns(
        [path("plain-suffix/", odd_routes.TaskViewSet.as_view({"get": "list"}), name="plain-suffix")]
    ),
    path("bulk-plain/", odd_routes.BulkPlainViewSet.as_view({"put": "bulk_replace", "patch": "bulk_change"})),
    path("confirm/", confirm.as_view({"get": "create"}), name="confirm-create"),
    path("confirm/<int:pk>/", confirm.as_view({"get": "destroy"}), name="confirm-destroy"),
    path("plain/", odd_routes.PlainViewSet.as_view({"get": "list", "post": "create"})),
    path("plain/<str:sku>/", odd_routes.PlainViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("plain/<str:sku>/restock/", odd_routes.PlainViewSet.as_view({"post": "restock"})),
    path("staff/", staff_only(odd_routes.StaffTaskViewSet.as_view({"get": "list", "post": "create"})), name="staff"),
    path("nobody/", nobody_at_all(odd_routes.StaffTaskViewSet.as_view({"get": "list"})), name="nobody"),
    path(
        "cached/",
        cache_page(60)(vary_on_headers("Authorization")(odd_routes.CachedViewSet.as_view({"get": "list"}))),
        name="cached",
    ),
    path(
        "cached-by-cookie/",
        cache_page(60)(vary_on_cookie(odd_routes.CachedViewSet.as_view({"get": "list"}))),
        name="cached-by-cookie",
    ),
    *i18n_patterns(path("", include(languages.urls))),
]
