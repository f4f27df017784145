from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.blog"
    label = "blog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.posting.models import Post
        from troth.posting.standing import Part, front, stands

        from . import shown

        stands(Post.Kind.ARTICLE, shown.where)
        stands(Post.Kind.COMMENT, shown.where)
        front(Part(20, "Blog", "blog", "blog/front.html", shown.front))
