-- The protection-interval sum of the champions, on folds that chose nothing: 80, 90 and
-- 95 % intervals hold their share within 3 points and the two standard errors that so
-- many series leave to chance. Sums of a series at several cutoffs count once: they are
-- not independent.

with

sums as (

    select errors.*
    from {{ ref('int_forecast_errors') }} as errors
    inner join {{ ref('fct_forecast_champions') }} as champions
        on
            errors.segment = champions.segment
            and errors.model = champions.model
    where
        errors.target = 'protection_sum'
        and errors.fold_role = 'test'
        and errors.q50 is not null

),

observed as (
    {% for share, low, high in [
        (0.8, 'q10', 'q90'), (0.9, 'q05', 'q95'), (0.95, 'q025', 'q975')
    ] %}
    select
        {{ share }} as promised_share,
        avg(case when actual_units between {{ low }} and {{ high }} then 1.0 else 0 end)
            as observed_share,
        count(distinct location_id || '|' || product_id) as series_count
    from sums
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select *
from observed
where
    abs(observed_share - promised_share)
    > 0.03 + 2 * sqrt(promised_share * (1 - promised_share) / series_count)
