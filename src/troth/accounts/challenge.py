"""A step of the sign-in that most never see: while an account is under attack, a right password is not enough.

A code is mailed to its owner, and asked for.  Whoever signs in with a browser and from an address that the account knows
goes on without one, and so does who has a second factor: others' failures lock nobody out (clause security.environment).
"""

from uuid import UUID

from allauth.account.stages import LoginStage, LoginStageController
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from troth.gate import watch
from troth.gate.codes import codes
from troth.gate.uses import SYSTEM, act, using

from . import addresses, signins
from .adapter import FAILED, SECOND_FACTORS
from .models import User

ACT, PAGE = "challenge", "account_challenge"


class Challenge(LoginStage):
    """Between the password and everything after it."""

    key = "troth_challenge"
    urlname = PAGE

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user: User = self.login.user
        if not watch.is_challenged(user.subject_id) or is_mfa_enabled(user, SECOND_FACTORS):
            return None, True
        holder = addresses.holder_of(user)
        if holder is None or signins.knows(user.subject_id, self.request):
            return None, True
        if "code" not in self.state:
            with using(addresses.PURPOSE, by=SYSTEM, given=addresses.ground_of(holder)), act():
                sent = codes.send(ACT, holder.owner_id, holder.email, words="to sign in")
            self.state["code"] = sent.hex
        return redirect(PAGE), True


class CodeForm(forms.Form):
    """The digits of the mail."""

    code = forms.CharField(
        label="Code from the message", max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest) -> HttpResponse:
    """Ask for the code; with the right one the sign-in goes on where it stood."""
    stage = LoginStageController.enter(request, Challenge.key)
    if stage is None:
        return redirect("account_login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes.redeem(UUID(stage.state["code"]), ACT, form.cleaned_data["code"])
        except codes.CodeRefused as refused:
            watch.saw(
                FAILED, account=stage.login.user.subject_id.hex, each=(stage.login.user.subject_id.hex,)
            )
            form.add_error("code", refused.reason)
        else:
            answer: HttpResponse = stage.exit()
            return answer
    return render(request, "account/challenge.html", {"form": form}, status=422 if form.errors else 200)
