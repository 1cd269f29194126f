{#- A price list gives way to what purchases show; a generic master stands. -#}
{%- set cost_order = (
    ['latest_costs.unit_cost', 'combined.unit_cost']
    if setting('source_system') == 'bibitor'
    else ['combined.unit_cost', 'latest_costs.unit_cost']
) -%}

with

products as (

    select * from {{ staged('products') }}

),

sales as (

    select * from {{ ref('input_sales') }}

),

stock_counts as (

    select * from {{ ref('input_stock_counts') }}

),

purchase_order_lines as (

    select * from {{ ref('input_purchase_order_lines') }}

),

latest_costs as (

    -- Order numbers count up, as numbers where they are numbers.
    select
        product_id,
        unit_cost

    from purchase_order_lines

    where
        received_date is not null
        and unit_cost > 0
        and not is_cancelled

    qualify row_number() over (
        partition by product_id
        order by
            received_date desc,
            ordered_date desc,
            try_cast(po_id as bigint) desc nulls last,
            po_id desc,
            cast(po_line_id as bigint) desc
    ) = 1

),

latest_vendors as (

    select
        product_id,
        vendor_id

    from purchase_order_lines

    qualify row_number() over (
        partition by product_id
        order by ordered_date desc, cast(po_line_id as bigint) desc
    ) = 1

),

mentions as (

    select product_id from sales

    union

    select product_id from stock_counts

    union

    select product_id from purchase_order_lines

),

listed as (

    select
        product_id,
        description,
        vendor_id,
        category,
        unit_cost,
        unit_price,
        pack_size_units,
        min_order_units,
        shelf_life_days,
        true as is_in_master

    from products

    where not is_rejected

),

unlisted as (

    select
        mentions.product_id,
        cast(null as varchar) as description,
        latest_vendors.vendor_id,
        cast(null as varchar) as category,
        cast(null as double) as unit_cost,
        cast(null as double) as unit_price,
        cast(null as double) as pack_size_units,
        cast(null as double) as min_order_units,
        cast(null as double) as shelf_life_days,
        false as is_in_master

    from mentions
    left join latest_vendors
        on mentions.product_id = latest_vendors.product_id

    where mentions.product_id not in (select listed.product_id from listed)

),

combined as (

    select * from listed

    union all

    select * from unlisted

),

costed as (

    select
        combined.product_id,
        combined.description,
        combined.vendor_id,
        combined.category,
        coalesce({{ cost_order | join(', ') }}) as unit_cost,
        combined.unit_price,
        combined.pack_size_units,
        combined.min_order_units,
        combined.shelf_life_days,
        combined.is_in_master

    from combined
    left join latest_costs
        on combined.product_id = latest_costs.product_id

)

select * from costed
