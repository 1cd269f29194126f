with

price_breaks as (

    select * from {{ ref('input_price_breaks') }}

),

products as (

    select
        product_id,
        vendor_id,
        unit_cost
    from {{ ref('input_products') }}

),

vendor_terms as (

    select * from {{ ref('vendor_terms') }}

),

offered as (

    -- Only what the vendor of the product offers; the list price holds below it.
    select
        products.product_id,
        products.unit_cost as list_unit_cost,
        price_breaks.min_units,
        price_breaks.unit_cost,
        coalesce(vendor_terms.price_break_kind, 'all_units') = 'incremental'
            as is_incremental
    from price_breaks
    inner join products
        on
            price_breaks.product_id = products.product_id
            and price_breaks.vendor_id = products.vendor_id
    left join vendor_terms
        on products.vendor_id = vendor_terms.vendor_id
    where
        coalesce(vendor_terms.price_break_kind, 'all_units') <> 'ignored'
        and products.unit_cost is not null
        and price_breaks.min_units > 0

),

banded as (

    select
        product_id,
        cast(0 as double) as min_units,
        cast(min(list_unit_cost) as double) as unit_cost,
        is_incremental
    from offered
    group by product_id, is_incremental

    union all

    select
        product_id,
        cast(min_units as double) as min_units,
        cast(unit_cost as double) as unit_cost,
        is_incremental
    from offered

)

select * from banded
