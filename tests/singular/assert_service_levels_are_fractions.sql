-- 97.5 for 97.5 % is the classic slip: it is refused with the row to mend, not capped.

select
    location_id,
    product_id,
    'service_level ' || cast(service_level as varchar)
    || ' of the policy row ' || service_level_origin
    || ' is not a fraction between 0 and 1: write 0.975 for 97.5 %' as message
from {{ ref('fct_replenishment_policies') }}
where service_level <= 0 or service_level >= 1

union all

select
    location_id,
    product_id,
    'a target of ' || target || ' needs a service_level' as message
from {{ ref('fct_replenishment_policies') }}
where target in ('cycle_service', 'fill_rate') and service_level is null

union all

select
    location_id,
    product_id,
    'an achieved service is not a fraction' as message
from {{ ref('fct_lead_time_demand') }}
where
    achieved_cycle_service not between 0 and 1
    or achieved_fill_rate not between 0 and 1
    or max_service_supported not between 0 and 1
