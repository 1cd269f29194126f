with

cycles as (

    select * from {{ ref('int_joint_cycles') }}

),

items as (

    select
        location_id,
        product_id,
        shared_order_cost,
        review_days
    from {{ ref('int_joint_items') }}

),

vendors as (

    select
        vendor_id,
        vendor_name
    from {{ ref('dim_vendors') }}

),

summed as (

    select
        cycles.vendor_id,
        cycles.location_id,
        min(vendors.vendor_name) as vendor_name,
        min(items.shared_order_cost) as shared_order_cost,
        count(*) as item_count,
        min(items.review_days) as review_days,
        min(cycles.base_cycle_days) as base_cycle_days,
        max(cycles.cycle_multiple) as longest_cycle_multiple,
        {{ exact_sum('cycles.joint_annual_cost') }} as joint_annual_cost,
        {{ exact_sum('cycles.separate_annual_cost') }} as separate_annual_cost
    from cycles
    inner join items
        on
            cycles.location_id = items.location_id
            and cycles.product_id = items.product_id
    left join vendors
        on cycles.vendor_id = vendors.vendor_id
    group by cycles.vendor_id, cycles.location_id

),

published as (

    select
        vendor_id,
        location_id,
        vendor_name,
        cast(item_count as integer) as item_count,
        cast(shared_order_cost as double) as shared_order_cost,
        cast(review_days as double) as review_days,
        cast(base_cycle_days as double) as base_cycle_days,
        cast(365 / base_cycle_days as double) as orders_per_year,
        cast(longest_cycle_multiple as integer) as longest_cycle_multiple,
        cast(joint_annual_cost as double) as joint_annual_cost,
        cast(separate_annual_cost as double) as separate_annual_cost,
        cast(separate_annual_cost - joint_annual_cost as double)
            as annual_saving_value
    from summed

)

select * from published
