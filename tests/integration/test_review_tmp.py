import pytest
from django.db import transaction
from tests.builders import NOW, a_hit
@pytest.mark.parametrize("n",[1,2])
@pytest.mark.django_db(transaction=True)
def test_a(n):
    from review.casework import take_hits
    from config.policy import load_policy
    from django.contrib.auth.models import Group
    from ledger.models import AuditEntry
    print(Group.objects.count(), AuditEntry.objects.count())
    print(take_hits([a_hit()], NOW, load_policy()))
