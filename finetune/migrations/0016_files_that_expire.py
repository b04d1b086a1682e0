from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("finetune", "0015_harness_and_chip")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="expires_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When it is deleted by itself; versions made of it too.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="lifetime_seconds",
            field=models.PositiveIntegerField(
                blank=True, help_text="After which the file that it makes is deleted.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="dataset_expiring",
            ),
        ),
    ]
