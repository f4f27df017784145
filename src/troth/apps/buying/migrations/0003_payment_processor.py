import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("buying", "0002_credit_and_invoices")]

    operations = [
        # Until now there was one.
        migrations.AddField(
            model_name="payment",
            name="processor",
            field=models.CharField(default="sandbox", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="payment",
            name="method",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="buying.paymentmethod",
            ),
        ),
    ]
