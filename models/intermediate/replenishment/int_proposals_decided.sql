with

vendor_orders as (

    select * from {{ ref('int_vendor_orders') }}

),

fills as (

    select
        vendor_id,
        location_id,
        fill_target,
        {{ exact_sum('added_value') }} as added_value,
        {{ exact_sum('added_holding_cost') }} as fill_cost
    from {{ ref('int_vendor_fills') }}
    group by vendor_id, location_id, fill_target

),

options as (

    -- Freight of an order falls due whenever it is sent, unless it is free by then.
    select
        vendor_orders.*,
        coalesce(vendor_orders.freight_per_order, 0) as flat_freight,
        minimum_fill.fill_cost as minimum_fill_cost,
        free_freight_fill.fill_cost as free_freight_fill_cost,
        case
            when
                vendor_orders.order_value >= vendor_orders.min_order_value
                and vendor_orders.order_value >= vendor_orders.free_freight_value
                then 0
            when vendor_orders.order_value >= vendor_orders.min_order_value
                then coalesce(vendor_orders.freight_per_order, 0)
        end as release_cost,
        minimum_fill.fill_cost + case
            when
                vendor_orders.order_value + minimum_fill.added_value
                >= vendor_orders.free_freight_value
                then 0
            else coalesce(vendor_orders.freight_per_order, 0)
        end as minimum_cost,
        free_freight_fill.fill_cost as free_freight_cost,
        vendor_orders.waiting_cost + coalesce(vendor_orders.freight_per_order, 0)
            as hold_cost
    from vendor_orders
    left join fills as minimum_fill
        on
            vendor_orders.vendor_id = minimum_fill.vendor_id
            and vendor_orders.location_id = minimum_fill.location_id
            and minimum_fill.fill_target = 'minimum'
    left join fills as free_freight_fill
        on
            vendor_orders.vendor_id = free_freight_fill.vendor_id
            and vendor_orders.location_id = free_freight_fill.location_id
            and free_freight_fill.fill_target = 'free_freight'

),

decided as (

    -- Ties go to the smaller order. What waiting costs must be known to be weighed.
    select
        *,
        case
            when order_value is null then 'release'
            when
                release_cost is not null
                and coalesce(free_freight_cost < release_cost, false)
                then 'fill_free_freight'
            when release_cost is not null then 'release'
            when hold_cost is null then 'hold'
            when
                coalesce(minimum_cost <= hold_cost, false)
                and coalesce(minimum_cost <= free_freight_cost, true)
                then 'fill_minimum'
            when coalesce(free_freight_cost <= hold_cost, false)
                then 'fill_free_freight'
            else 'hold'
        end as decision
    from options

),

chosen as (

    select
        vendor_id,
        location_id,
        line_count,
        order_value,
        min_order_value,
        freight_per_order,
        free_freight_value,
        waiting_cost,
        cast(minimum_fill_cost as double) as minimum_fill_cost,
        cast(free_freight_fill_cost as double) as free_freight_fill_cost,
        decision,
        case decision
            when 'fill_minimum' then 'minimum'
            when 'fill_free_freight' then 'free_freight'
        end as fill_target
    from decided

)

select * from chosen
