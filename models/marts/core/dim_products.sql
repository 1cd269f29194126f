with

products as (

    select * from {{ ref('input_products') }}

),

seen as (

    select
        product_id,
        min(first_life_date) as first_seen_date,
        max(greatest(
            coalesce(last_sale_date, last_receipt_date, first_life_date),
            coalesce(last_receipt_date, last_sale_date, first_life_date)
        )) as last_seen_date,
        count(*) as location_count
    from {{ ref('int_location_products') }}
    group by product_id

),

life_cycles as (

    -- A product is as alive as it is where it is most alive.
    select
        product_id,
        life_cycle_state,
        count(*) as state_locations,
        min(life_cycle_reason) as life_cycle_reason,
        row_number() over (
            partition by product_id
            order by
                case life_cycle_state
                    when 'active' then 1
                    when 'new' then 2
                    when 'dormant' then 3
                    else 4
                end
        ) as state_rank
    from {{ ref('int_life_cycles') }}
    group by product_id, life_cycle_state

),

described as (

    select
        products.product_id,
        products.description,
        products.category,
        products.vendor_id,
        products.unit_cost,
        products.unit_price,
        cast(coalesce(products.pack_size_units, 1) as double) as pack_size_units,
        cast(coalesce(products.min_order_units, 0) as double) as min_order_units,
        products.shelf_life_days,
        products.is_in_master,
        cast(coalesce(seen.location_count, 0) as integer) as location_count,
        seen.first_seen_date,
        seen.last_seen_date,
        coalesce(life_cycles.life_cycle_state, 'new') as life_cycle_state,
        coalesce(
            cast(life_cycles.state_locations as varchar) || ' of '
            || cast(seen.location_count as varchar) || ' locations: '
            || life_cycles.life_cycle_reason,
            'never stocked or sold anywhere'
        ) as life_cycle_reason
    from products
    left join seen
        on products.product_id = seen.product_id
    left join life_cycles
        on
            products.product_id = life_cycles.product_id
            and life_cycles.state_rank = 1

)

select * from described
