"""The page on which a user decides whether a client may act for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_protect
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.forms import AllowForm
from oauth2_provider.models import get_application_model
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.views import AuthorizationView
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from drf_mcp.auth.identity import Identity
from drf_mcp.auth.resource_server import is_endpoint_url
from drf_mcp.sealing import Seal, SealError

from .redirects import Redirect
from .validator import NO_ENDPOINT, default_resource, is_self_registered

CHANGED = "This page is out of date. Go back to the program that sent you here, and begin again."


class ConsentForm(AllowForm):  # type: ignore[misc]  # the library has no types
    """What the user was shown, sealed, so that nothing else can be allowed: not in another name, and once only."""

    seal = forms.CharField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.strip = False  # the client gets its state back as it sent it
        self._user = user
        if not self.is_bound:
            self.initial["seal"] = self._seal(self.initial).close()

    def clean(self) -> dict[str, Any]:
        """Refuse what is not what the page showed.

        Raises:
            ValidationError: Something was changed, the page is old or was used, or shown to somebody else.
        """
        data: dict[str, Any] = super().clean()
        try:
            self._seal(data).open(data.get("seal"))
        except SealError:
            raise forms.ValidationError(CHANGED) from None
        return data

    def _seal(self, values: dict[str, Any]) -> Seal:
        shown = {name: str(values.get(name) or "") for name in self.fields if name not in ("allow", "seal")}
        return Seal("consent", Identity(self._user, None, None), shown)


@method_decorator([login_not_required, never_cache, xframe_options_deny, csrf_protect], name="dispatch")
class AuthorizeView(AuthorizationView):  # type: ignore[misc]  # the library has no types
    """Asks the user, always: no parameter of a link and no earlier answer stands for theirs.

    Spec: basic/authorization#authorization-flow-steps
    """

    template_name = "drf_mcp/oauth_toolkit/authorize.html"
    form_class = ConsentForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, in no page of somebody else's."""
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what is asked for.

        Without ``approval_prompt``, with which the library would let a link skip the page.
        """
        query = request.GET.copy()
        query["approval_prompt"] = "force"
        request.GET = query  # type: ignore[assignment]
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form knows who is asked."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Show the page, unless the client wants something that it could not have."""
        application = context.get("application")
        if application is not None and is_self_registered(application):
            resources = context["resources"]
            if not resources or not all(map(is_endpoint_url, resources)):
                error = CustomOAuth2Error("invalid_target", description=NO_ENDPOINT, state=context.get("state"))
                refusal = OAuthToolkitError(error, redirect_uri=context["redirect_uri"])
                return self.error_response(refusal, application)  # type: ignore[no-any-return]
        return super().render_to_response(context, **kwargs)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page says of the client, of where it is, and of who is asked."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if "application" in context:
            application = context["application"]
            context["username"] = self.request.user.get_username()
            context["client_host"] = urlsplit(application.client_id).hostname
            context["is_self_registered"] = is_self_registered(application)
            asked = self.request.GET.getlist("resource")
            context["resources"] = asked or (default_resource() if context["is_self_registered"] else [])
            context["redirect"] = Redirect(context["redirect_uri"])
            login = resolve_url(self.get_login_url())
            mark = "&" if "?" in login else "?"
            context["switch_url"] = f"{login}{mark}{urlencode({'next': self.request.get_full_path()})}"
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """Send the browser back with a code, or with the user's no."""
        if not get_application_model().objects.filter(client_id=form.cleaned_data["client_id"]).exists():
            return self.form_invalid(form)
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Refuse what is not what the page showed; nothing in it is believed, so there is nowhere to send it."""
        error = {"error": "invalid_request", "description": CHANGED}
        response: HttpResponse = super().render_to_response({"error": error}, status=400)
        return response

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """Send the browser back, with the name of this server on errors, too.

        Spec: basic/authorization#authorization-response-validation
        """
        parts = urlsplit(str(redirect_to))
        query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "iss"]
        query.append(("iss", oauth2_settings.oauth2_authorization_server_issuer(self.request)))
        response: HttpResponse = super().redirect(parts._replace(query=urlencode(query)).geturl(), application)
        return response

    def handle_no_permission(self) -> HttpResponse:
        """Let the user sign in before anything is looked up, whatever the link asks for."""
        return redirect_to_login(
            self.request.get_full_path(), resolve_url(self.get_login_url()), self.get_redirect_field_name()
        )
