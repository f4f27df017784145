from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.boards"
    label = "boards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.posting.models import Post
        from troth.posting.standing import Part, front, stands

        from . import shown

        stands(Post.Kind.BOARD, shown.where)
        front(Part(10, "Boards", "boards", "boards/front.html", shown.front))
