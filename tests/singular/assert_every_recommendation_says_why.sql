-- An unknown quantity comes with a reason and an exception; a known one with a
-- sentence that is not empty.

with

recommendations as (

    select
        location_id,
        product_id,
        order_qty_units,
        explanation
    from {{ ref('fct_reorder_recommendations') }}

),

excepted as (

    select distinct
        location_id,
        product_id
    from {{ ref('fct_data_exceptions') }}
    where rule in ('stock never counted', 'no reorder point')

)

select recommendations.*
from recommendations
left join excepted
    on
        recommendations.location_id = excepted.location_id
        and recommendations.product_id = excepted.product_id
where
    coalesce(trim(recommendations.explanation), '') = ''
    or (recommendations.order_qty_units is null and excepted.product_id is null)
