with

recommended_orders as (

    select * from {{ ref('int_recommended_orders') }}
    where scenario = 'base' and order_qty_units > 0

),

ranked as (

    select
        location_id,
        product_id,
        {{ exact_sum('expected_sold_units') }} as expected_sold_units
    from {{ ref('int_purchase_list_ranked') }}
    group by location_id, product_id

),

order_quantities as (

    select * from {{ ref('int_economic_order_quantities') }}

),

vendors as (

    select
        vendor_id,
        min_order_value
    from {{ ref('input_vendors') }}

),

vendor_terms as (

    select * from {{ ref('vendor_terms') }}

),

lines as (

    -- An order that waits for the next review misses what it would have sold until
    -- then, and is held so much less long.
    select
        coalesce(order_quantities.vendor_id, 'unknown') as vendor_id,
        recommended_orders.location_id,
        recommended_orders.order_value,
        ranked.expected_sold_units * order_quantities.shortage_cost_per_unit
        - (recommended_orders.order_qty_units - ranked.expected_sold_units)
        * order_quantities.holding_cost_per_unit_year
        * order_quantities.review_days / 365.0 as waiting_cost
    from recommended_orders
    inner join order_quantities
        on
            recommended_orders.location_id = order_quantities.location_id
            and recommended_orders.product_id = order_quantities.product_id
    left join ranked
        on
            recommended_orders.location_id = ranked.location_id
            and recommended_orders.product_id = ranked.product_id

),

summed as (

    -- One line without a cost leaves the order's value unknown.
    select
        vendor_id,
        location_id,
        count(*) as line_count,
        case when count(*) = count(order_value) then {{ exact_sum('order_value') }} end
            as order_value,
        case
            when count(*) = count(waiting_cost) then {{ exact_sum('waiting_cost') }}
        end as waiting_cost
    from lines
    group by vendor_id, location_id

),

termed as (

    select
        summed.vendor_id,
        summed.location_id,
        cast(summed.line_count as integer) as line_count,
        cast(summed.order_value as double) as order_value,
        cast(
            {{ at_least_zero('summed.waiting_cost') }} as double
        ) as waiting_cost,
        cast(coalesce(vendors.min_order_value, 0) as double) as min_order_value,
        cast(vendor_terms.freight_per_order as double) as freight_per_order,
        cast(vendor_terms.free_freight_value as double) as free_freight_value
    from summed
    left join vendors
        on summed.vendor_id = vendors.vendor_id
    left join vendor_terms
        on summed.vendor_id = vendor_terms.vendor_id

)

select * from termed
