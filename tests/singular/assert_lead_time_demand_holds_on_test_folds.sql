-- The distribution that orders are made of, on folds that chose nothing: its upper
-- quantiles hold their share within 2 points and the two standard errors that so many
-- series leave to chance.

with

sums as (

    select * from {{ ref('int_lead_time_demand_backtests') }}
    where fold_role = 'test'

),

observed as (
    {% for share, name in [(0.9, 'q90'), (0.95, 'q95'), (0.975, 'q975')] %}
    select
        {{ share }} as promised_share,
        avg(case when actual_units <= {{ name }} then 1.0 else 0 end)
            as observed_share,
        count(distinct location_id || '|' || product_id) as series_count
    from sums
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select *
from observed
where
    series_count > 0
    and promised_share - observed_share
    > 0.02 + 2 * sqrt(promised_share * (1 - promised_share) / series_count)
