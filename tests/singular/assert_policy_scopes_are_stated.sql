-- Exactly one default row for all else to inherit from; every other row says whom it
-- concerns, the default row nobody. With --empty seeds have no rows.

select
    'replenishment_policies needs exactly one row of scope_type default, it has '
    || cast(count(*) as varchar) as message
from {{ ref('replenishment_policies') }}
where scope_type = 'default'
having count(*) <> 1 {{ 'and false' if flags.EMPTY }}

union all

select
    'the default row governs all that no other row does: empty its scope_value '
    || scope_value as message
from {{ ref('replenishment_policies') }}
where scope_type = 'default' and trim(scope_value) <> ''

union all

select 'a row of scope_type ' || scope_type || ' names no scope_value' as message
from {{ ref('replenishment_policies') }}
where scope_type <> 'default' and coalesce(trim(scope_value), '') = ''
